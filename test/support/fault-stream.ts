/** Faults in the lines of a watch. */
import {Transform, type TransformCallback} from 'node:stream';

export interface StreamFault {
  readonly do: 'stream';
  /** So many events pass before it happens. */
  readonly after: number;
  /**
   * `twice`: every event comes twice, from then on. `late`: each comes again after the next one. `silence`: nothing more comes, and the
   * connection stays open.
   */
  readonly then: 'reset' | 'end' | 'silence' | 'gone' | 'malformed' | 'half' | 'twice' | 'late';
}

const GONE = {
  type: 'ERROR',
  object: {kind: 'Status', status: 'Failure', code: 410, reason: 'Expired', message: 'the fault proxy says: too old resource version'},
};

export class StreamFaults extends Transform {
  readonly #fault: StreamFault | undefined;
  readonly #reset: () => void;
  #rest = '';
  #passed = 0;
  #before = '';
  #over = false;

  constructor(fault: StreamFault | undefined, reset: () => void) {
    super({decodeStrings: false, encoding: 'utf8'});
    this.#fault = fault;
    this.#reset = reset;
  }

  override _transform(chunk: string, _encoding: BufferEncoding, done: TransformCallback): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (!this.#over) this.#line(line);
    done();
  }

  #line(line: string): void {
    const fault = this.#fault;
    if (fault === undefined || this.#passed < fault.after) this.push(`${line}\n`);
    else this.#break(fault, line);
    this.#passed += 1;
    this.#before = line;
  }

  #break({then}: StreamFault, line: string): void {
    switch (then) {
      case 'twice':
        this.push(`${line}\n${line}\n`);
        return;
      case 'late':
        this.push(this.#before === '' ? `${line}\n` : `${line}\n${this.#before}\n`);
        return;
      case 'gone':
        this.push(`${JSON.stringify(GONE)}\n`);
        this.push(null);
        break;
      case 'malformed':
        this.push('{"type": "ADDED", "object": <html>\n');
        break;
      case 'half':
        this.push(line.slice(0, line.length / 2));
        this.push(null);
        break;
      case 'end':
        this.push(null);
        break;
      case 'reset':
        // After what has passed is on its way: a stream that never gets anywhere proves nothing.
        setImmediate(this.#reset);
        break;
      case 'silence':
    }
    this.#over = true;
  }
}
