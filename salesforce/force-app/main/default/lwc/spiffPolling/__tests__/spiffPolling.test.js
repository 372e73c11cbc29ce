import { Polling } from 'c/spiffPolling';

let asked;
let polling;
let hidden;

const see = (isHidden) => {
    hidden = isHidden;
    document.dispatchEvent(new CustomEvent('visibilitychange'));
};
const wait = (seconds) => jest.advanceTimersByTime(seconds * 1000);

beforeEach(() => {
    hidden = false;
    jest.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
    asked = 0;
    polling = new Polling(() => {
        asked += 1;
        return Promise.resolve();
    });
    polling.start();
});

afterEach(() => polling.stop());

it('asks every minute', () => {
    wait(59);
    expect(asked).toBe(0);
    wait(1);
    expect(asked).toBe(1);
    wait(120);
    expect(asked).toBe(3);
});

it('asks nothing while nobody looks, and at once when somebody does again', () => {
    see(true);
    wait(600);
    expect(asked).toBe(0);
    see(false);
    expect(asked).toBe(1);
    wait(60);
    expect(asked).toBe(2);
});

it('asks when the window is focused, but not seconds after it asked', () => {
    wait(30);
    window.dispatchEvent(new CustomEvent('focus'));
    expect(asked).toBe(1);
    wait(2);
    window.dispatchEvent(new CustomEvent('focus'));
    expect(asked).toBe(1);
});

it('waits twice as long after each failure, up to a quarter of an hour, and a minute again after an answer', () => {
    const waits = [];
    for (let i = 0; i < 6; i++) {
        polling.told({ status: 503 });
        waits.push(polling.waitSeconds);
    }
    expect(waits).toEqual([120, 240, 480, 900, 900, 900]);
    polling.told(undefined);
    expect(polling.waitSeconds).toBe(60);
});

it('waits as long as a busy API asks for, and a glance at the page does not ask earlier', () => {
    polling.told({ status: 429, retryAfter: 300 });
    wait(200);
    window.dispatchEvent(new CustomEvent('focus'));
    expect(asked).toBe(0);
    wait(100);
    expect(asked).toBe(1);
});

it('asks no more after it was stopped', () => {
    polling.stop();
    polling.told({ status: 503 });
    wait(3600);
    window.dispatchEvent(new CustomEvent('focus'));
    expect(asked).toBe(0);
});
