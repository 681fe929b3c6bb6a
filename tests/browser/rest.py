"""When a page has come to rest: asked for by conditions, for a busy machine takes its time.

A page is at rest once the server has answered what it was told, no script is on, nothing moves,
and nothing has changed for a moment. That moment is longer than a slider waits for the next key.
"""

from playwright.sync_api import BrowserContext, Locator, Page, expect

QUIET_MS = 250
LIMIT_MS = 60_000  # a page whose run is on is never at rest
# Every page notes when it last spoke to the server, and when it was last answered.
LISTEN = """
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (...data) {
  if (!this.isHeard) {
    this.isHeard = true;
    this.addEventListener('message', () => { window.answeredAt = performance.now(); });
  }
  window.askedAt = performance.now();
  return send.apply(this, data);
};
"""
REST = """([quiet, limit]) => new Promise(done => {
  const begun = performance.now();
  let changed = begun;
  const watch = new MutationObserver(() => { changed = performance.now(); });
  watch.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
  const isOn = () => document.querySelector('.stApp')?.dataset.testScriptState !== 'notRunning';
  const isUnanswered = () => (window.askedAt ?? 0) > (window.answeredAt ?? 0);
  const moves = () => document.getAnimations().some(one =>
    one.playState === 'running' && one.effect?.getComputedTiming().endTime !== Infinity);
  const look = () => {
    const now = performance.now();
    if (isOn() || isUnanswered() || moves()) changed = now;
    if (now - changed < quiet && now - begun < limit) { setTimeout(look, 25); return; }
    watch.disconnect();
    done(now - changed >= quiet);
  };
  look();
})"""


def listen(context: BrowserContext) -> None:
    """Let every page of a visitor note what `wait_for_rest` asks about."""
    context.add_init_script(LISTEN)


def wait_for_rest(page: Page) -> None:
    """Wait until the page is at rest; it must be one on which no run is on."""
    assert page.evaluate(REST, [QUIET_MS, LIMIT_MS]), "The page did not come to rest."


def wait_a_moment(page: Page, limit_ms: int = 1500) -> None:
    """The same, but go on in the end where a run may be on."""
    page.evaluate(REST, [QUIET_MS, limit_ms])


def expect_one(lines: Locator, timeout: float | None = None) -> None:
    """Exactly one can be seen: soon after a change a stale one may still stand beside the new."""
    expect(lines.filter(visible=True)).to_have_count(1, timeout=timeout)
