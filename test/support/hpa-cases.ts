/** All cases of HPA behaviour. */
import {LIMIT_CASES} from './hpa-cases/limits.ts';
import {METRIC_CASES} from './hpa-cases/metrics.ts';
import {ZERO_CASES} from './hpa-cases/zero.ts';

export const HPA_CASES = [...METRIC_CASES, ...LIMIT_CASES, ...ZERO_CASES];
