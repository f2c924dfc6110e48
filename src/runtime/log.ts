/** The log: one JSON line per event on standard error. Nothing of a request's credentials or body is ever passed to it. */
import {destination, pino, type Logger} from 'pino';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export function createLog(level: (typeof LOG_LEVELS)[number]): Log {
  return pino({level, base: null, timestamp: pino.stdTimeFunctions.isoTime}, destination({fd: 2, sync: true}));
}
