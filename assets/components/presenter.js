// Keys of presenter mode: letters and arrows press the buttons that they stand for; where a page has no buttons for the
// arrows, these move its slider. What has a use for a key itself, such as a list or a field, keeps it.
export default function ({ data, parentElement }) {
  if (parentElement.keys) {
    parentElement.keys.take(data);
    return parentElement.keys.leave;
  }
  let keys = data.keys;
  const button = (name) => document.querySelector(`.st-key-${name} button`);
  const slider = () => document.querySelector('[data-testid="stMain"] input[type="range"]:not(:disabled)');
  const WRITES = 'input:not([type="range"]):not([type="checkbox"]):not([type="radio"]), textarea, select, [contenteditable="true"]';
  const MOVES = `${WRITES}, input, [role="combobox"], [role="listbox"], [role="menu"], [role="grid"], canvas`;

  function follow(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !event.isTrusted) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const target = event.composedPath()[0];
    const arrow = key.startsWith("Arrow");
    if (!(key in keys) || target.closest?.(arrow ? MOVES : WRITES)) return;
    const found = button(keys[key]);
    if (found) {
      if (!found.disabled) found.click();
    } else if (arrow && slider()) {
      slider().focus();
      slider().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    } else {
      return;
    }
    event.preventDefault();
  }

  document.addEventListener("keydown", follow);
  const leave = () => {
    delete parentElement.keys;
    document.removeEventListener("keydown", follow);
  };
  parentElement.keys = { leave, take: (next) => { keys = next.keys; } };
  return leave;
}
