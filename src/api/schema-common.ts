/**
 * Building blocks of the schema. Every string and list is bounded, since the API server refuses CEL over unbounded ones; every
 * pattern carries the sentence that a user sees when it does not match (`hint`), which the CRD turns into a CEL rule's message.
 */
import {z} from 'zod';

/** A bounded string with a pattern and what to tell who breaks it. */
export function text(bounds: {readonly max: number; readonly pattern: RegExp; readonly hint: string}): z.ZodString {
  return z.string().min(1).max(bounds.max).regex(bounds.pattern, bounds.hint).meta({hint: bounds.hint});
}

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/u;

export function dnsLabel(field: string, max = 63): z.ZodString {
  return text({max, pattern: LABEL, hint: `${field} must be lower case letters, digits and '-', and start and end with a letter or digit`});
}

/** What most objects are named: a DNS subdomain. */
export function objectName(field: string): z.ZodString {
  return text({
    max: 253,
    pattern: /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/u,
    hint: `${field} must be the object's name: lower case letters, digits, '-' and '.', starting and ending with a letter or digit`,
  });
}

/** A path, or a JSON pointer. */
export function slashPath(field: string, max: number): z.ZodString {
  return text({max, pattern: /^\//u, hint: `${field} must start with '/'`});
}

/** A port number, or the name of a container port. */
export const port = z.union([z.int().min(1).max(65535), z.string().min(1).max(15)]);

export const seconds = z.int().min(0).max(604800);
export const count = z.int().min(0).max(100000);
