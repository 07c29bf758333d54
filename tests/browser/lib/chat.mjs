/* The chat as a reader uses it, by the names a screen reader would say. */

export const question = (page) => page.getByLabel('Your coding question');
export const lastTurn = (page) => page.locator('article.turn').last();
export const sourcePanel = (page) => page.locator('aside[role="dialog"]');

export async function ask(page, words) {
  await question(page).fill(words);
  await question(page).press('Enter');
}

/** Waits until the last answer has ended, and returns how: answered, abstained, stopped or failed. */
export async function settled(page) {
  await lastTurn(page).and(page.locator(':not([data-state="running"])')).waitFor();
  return lastTurn(page).getAttribute('data-state');
}

export async function askAndWait(page, words) {
  await ask(page, words);
  return settled(page);
}

/** The sentences of the last answer with its citation marks, blocks separated by line ends. */
export const answerText = (page) => lastTurn(page).locator('.text').innerText();

/** The element that has the focus, seen through shadow roots: its label or its text. */
export const focused = (page) => page.evaluate(() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element?.getAttribute('aria-label') ?? element?.labels?.[0]?.textContent ?? element?.textContent ?? '';
});
