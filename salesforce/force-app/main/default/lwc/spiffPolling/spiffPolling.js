// Asks again: every minute while the page is seen, at once when somebody comes back to it, less often while the other
// side says that it is too much or fails. Hidden pages ask nothing: platform events do not scale to a sales floor.
import { isBusy } from 'c/spiffErrors';

export const SECONDS = 60;
const LONGEST_SECONDS = 15 * 60;
// Coming back to a page within seconds of the last answer brings nothing new.
const FRESH_MS = 5000;

export class Polling {
    /** `refresh` asks again and may return a promise; `told` hears of the outcome from the component. */
    constructor(refresh, seconds = SECONDS) {
        this.refresh = refresh;
        this.seconds = seconds;
        this.failures = 0;
        this.waitSeconds = seconds;
        this.lastAt = 0;
        this.onSeen = () => this.seen();
    }

    start() {
        this.lastAt = Date.now();
        document.addEventListener('visibilitychange', this.onSeen);
        window.addEventListener('focus', this.onSeen);
        this.schedule();
    }

    stop() {
        document.removeEventListener('visibilitychange', this.onSeen);
        window.removeEventListener('focus', this.onSeen);
        clearTimeout(this.timer);
        this.timer = undefined;
    }

    /** The last question was answered (no error), or not. */
    told(error) {
        if (!error) {
            this.failures = 0;
            this.waitSeconds = this.seconds;
        } else {
            this.failures += 1;
            const doubled = this.seconds * 2 ** Math.min(this.failures, 4);
            const asked = isBusy(error) ? error.retryAfter : 0;
            this.waitSeconds = Math.min(LONGEST_SECONDS, Math.max(doubled, asked));
        }
        if (this.timer !== undefined) {
            this.schedule();
        }
    }

    /** Ask now: somebody pressed the button, or something happened. */
    async now() {
        this.lastAt = Date.now();
        if (this.timer !== undefined) {
            this.schedule();
        }
        await this.refresh();
    }

    seen() {
        const backingOff = this.waitSeconds > this.seconds;
        const age = Date.now() - this.lastAt;
        if (!document.hidden && age >= (backingOff ? this.waitSeconds * 1000 : FRESH_MS)) {
            this.now();
        }
    }

    schedule() {
        clearTimeout(this.timer);
        // eslint-disable-next-line @lwc/lwc/no-async-operation -- asking again later is what this is for
        this.timer = setTimeout(() => this.tick(), this.waitSeconds * 1000);
    }

    tick() {
        if (document.hidden) {
            this.schedule();
        } else {
            this.now();
        }
    }
}
