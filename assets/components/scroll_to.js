// Brings a heading into view and puts the keyboard there, once, when somebody comes by a link to it.
export default function ({ data, parentElement }) {
  if (parentElement.shown === data.id) return;
  const heading = document.getElementById(data.id);
  if (!heading) return;
  parentElement.shown = data.id;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  heading.scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
}
