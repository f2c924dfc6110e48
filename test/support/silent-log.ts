/** A log for tests that do not read it. */
import type {Log} from '../../src/runtime/log.ts';

const nothing = (): void => undefined;
export const silentLog: Log = {debug: nothing, info: nothing, warn: nothing, error: nothing};
