import SpiffState from 'c/spiffState';
import { accessible, find, settle, show, text } from '../../../../../test/page';

it.each([
    ['confirmed', 'Confirmed', 'utility:success'],
    ['pending', 'Pending', 'utility:clock'],
    ['partly confirmed (60 of 90)', '60 of 90 confirmed', 'utility:clock'],
    ['submitted', 'Submitted', 'utility:upload'],
    ['review', 'Under review', 'utility:people'],
    ['off', 'Does not count', 'utility:ban'],
    ['expired', 'Expired', 'utility:event'],
    ['rejected', 'Rejected', 'utility:ban'],
    ['needs_you', 'Needs you', 'utility:warning'],
    ['failed', 'Failed', 'utility:error'],
    ['something new', 'something new', 'utility:clock']
])('shows %s as a word and an icon', async (state, word, icon) => {
    const element = show(SpiffState, { state });
    await settle();
    expect(text(find(element, 'word'))).toBe(word);
    expect(element.shadowRoot.querySelector('lightning-icon').iconName).toBe(icon);
    await accessible(element);
});
