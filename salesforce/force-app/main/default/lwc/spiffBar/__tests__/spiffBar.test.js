import SpiffBar from 'c/spiffBar';
import { accessible, settle, show } from '../../../../../test/page';

it.each([
    [810, 480, 1300, '62.3', 'width: 36.9%'],
    [300, 150, 450, '66.7', 'width: 33.3%'],
    [0, 0, 240, '0', 'width: 0%'],
    [500, 300, 400, '100', 'width: 0%'],
    [0, 900, 400, '0', 'width: 100%'],
    [-5, 0, 0, '0', 'width: 0%']
])('of %i confirmed and %i pending of %i fills %s percent', async (confirmed, pending, goal, now, hatched) => {
    const element = show(SpiffBar, { confirmed, pending, goal, label: 'points' });
    await settle();
    const bar = element.shadowRoot.querySelector('[role="progressbar"]');
    expect(bar.getAttribute('aria-valuenow')).toBe(now);
    expect(element.shadowRoot.querySelector('.pending').getAttribute('style')).toBe(hatched);
    await accessible(element);
});
