// Draws one histogram a layer, and follows the "Pruning threshold" slider while it is still being dragged:
// Streamlit tells the server only on release, so what can be known here is drawn here.
export default function (component) {
  const { parentElement } = component;
  // This function runs again for every answer of the server; only the first run sets things up.
  if (parentElement.follower) {
    parentElement.follower.take(component.data);
    return parentElement.follower.leave;
  }
  let data, layers, written, still;
  // The layers are text that was written once for all steps, so it is read once too. What differs from step to step comes
  // by itself (histograms_now.js) unless it is here: the rest stays the same, and is not sent again.
  function take(next) {
    if (next.layers !== written) layers = JSON.parse(next.layers);
    written = next.layers;
    still = next;
    join();
  }
  function join() {
    const step = "value" in still ? still : document.histogramsNow;
    data = step?.id === still.id ? { ...still, ...step } : null;
  }
  take(component.data);
  const canvas = parentElement.querySelector("canvas");
  const caption = parentElement.querySelector("p");
  const slider = () => document.querySelector(`input[type="range"][aria-label="${data.slider}"]`);
  const style = getComputedStyle(canvas);
  const GAP = 10;
  const large = (pixels) => pixels * (data.scale || 1);  // larger type for a room
  const font = (pixels, weight = "") => `${weight} ${large(pixels)}px ${style.fontFamily}`;
  const say = (message, values) => message.replace(/{(\w+)}/g, (_, name) => values[name]);
  let last = "";

  function place() {
    const thumb = slider();
    return thumb ? Number(thumb.value) : data.value;
  }

  function about(sparsity) {
    const curve = data.curve;
    for (let i = 1; i < curve.length; i++) {
      const [x0, y0] = curve[i - 1], [x1, y1] = curve[i];
      if (sparsity <= x1) return y0 + (y1 - y0) * (sparsity - x0) / (x1 - x0 || 1);
    }
    return null;
  }

  // Long names lose their middle: a number in front tells blocks apart, the end tells the layers of a block apart.
  function shortened(context, text, width) {
    const head = text.match(/^\d+|^/)[0];
    let tail = text.slice(head.length), cut = text;
    while (context.measureText(cut).width > width && tail.length > 4) {
      tail = tail.slice(1);
      cut = `${head}…${tail}`;
    }
    return cut;
  }

  function short(number, digits = 2) {
    const size = Math.abs(number);
    return number === 0 ? "0" : size >= 1000 || size < 0.01 ? number.toExponential(1) : number.toFixed(size >= 10 ? 1 : digits);
  }

  function hatch(context, colour) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const t = tile.getContext("2d");
    t.globalAlpha = 0.35; t.fillStyle = colour; t.fillRect(0, 0, 6, 6);
    t.globalAlpha = 1; t.strokeStyle = colour; t.lineWidth = 1.2;
    t.beginPath(); t.moveTo(-1, 7); t.lineTo(7, -1); t.moveTo(-1, 1); t.lineTo(1, -1); t.moveTo(5, 7); t.lineTo(7, 5);
    t.stroke();
    return context.createPattern(tile, "repeat");
  }

  function outline(context, counts, x, y, w, h, top) {
    const step = w / counts.length;
    context.beginPath();
    context.moveTo(x, y + h);
    counts.forEach((count, i) => {
      const level = y + h - h * Math.sqrt(count / top);
      context.lineTo(x + i * step, level);
      context.lineTo(x + (i + 1) * step, level);
    });
    context.lineTo(x + w, y + h);
    context.closePath();
  }

  // The mark on the curve beside: moved over the chart, because a chart that is drawn anew blinks.
  function mark(value) {
    const chart = document.querySelector(".st-key-curve .js-plotly-plot");
    const axes = chart?._fullLayout;
    if (!axes?.xaxis) return;
    let dot = chart.querySelector(".here-mark");
    if (!dot) {
      dot = document.createElement("div");
      dot.className = "here-mark";
      dot.append(document.createElement("i"), document.createElement("span"));
      chart.append(dot);
    }
    if (dot.lastChild.textContent !== data.words.here) dot.lastChild.textContent = data.words.here;
    const resting = value === data.value || data.pattern.length;
    const level = resting ? data.here : about(value) ?? data.here;
    const across = resting ? data.sparsity : value;
    const at = (axis, number) => (number - axis.range[0]) / (axis.range[1] - axis.range[0]) * axis._length;
    dot.style.left = `${axes.xaxis._offset + at(axes.xaxis, across)}px`;
    dot.style.top = `${axes.yaxis._offset + axes.yaxis._length - at(axes.yaxis, data.share ? 100 * level : level)}px`;
    dot.dataset.moving = value !== data.value;
    dot.dataset.edge = at(axes.xaxis, across) < 80;  // no room for the word on its left
  }

  function draw() {
    const width = canvas.parentElement.clientWidth;
    if (!width || !data) return;
    const value = place();
    const stops = layers[0].cuts.length;
    const stop = Math.max(0, Math.min(stops - 1, Math.round(value / data.step)));
    const n = layers.length;
    const TITLE = large(17), AXIS = large(14);
    const columns = Math.max(1, Math.min(n <= 4 ? n : Math.ceil(n / 2), Math.floor(width / large(n <= 4 ? 120 : 84))));
    const rows = Math.ceil(n / columns);
    const height = Math.max(data.height, rows * large(96));
    const ratio = window.devicePixelRatio || 1;
    const ink = style.color;
    mark(value);
    const key = [width, height, ratio, stop, ink, data.id, data.value, data.words.note].join();
    if (key === last) return;
    last = key;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.height = `${height}px`;
    }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const grey = hatch(context, data.colours.removed);
    const w = (width - GAP * (columns - 1)) / columns, h = height / rows - TITLE - AXIS - 6;
    const words = [];
    layers.forEach((layer, i) => {
      const x = (i % columns) * (w + GAP), y = Math.floor(i / columns) * (height / rows) + TITLE;
      const top = Math.max(...layer.counts, 1);
      const kept = layer.kept[stop];
      context.textBaseline = "alphabetic";
      context.fillStyle = ink;
      const wide = w > large(130);
      context.font = font(wide ? 12 : 11, 600);
      context.textAlign = "left";
      const share = `${(100 * kept).toFixed(1)} %`;
      context.fillText(shortened(context, layer.title, wide ? w - large(78) : w), x, y - 5);
      outline(context, layer.counts, x, y, w, h, top);
      context.fillStyle = data.pattern.length ? grey : data.colours.kept;
      context.fill();
      const scale = layer.log ? (score) => Math.log(Math.max(score, layer.low)) : (score) => score;
      const at = (score) => x + w * (scale(score) - scale(layer.low)) / (scale(layer.high) - scale(layer.low));
      const cut = layer.cuts[stop];
      const left = layer.low < 0 ? Math.max(x, at(-cut)) : x, right = Math.min(x + w, at(cut));
      if (data.pattern.length) {
        outline(context, layer.keptCounts, x, y, w, h, top);
        context.fillStyle = data.colours.kept;
        context.fill();
      } else if (right > left) {
        context.save();
        context.beginPath();
        context.rect(left, y - 1, right - left, h + 2);
        context.clip();
        context.clearRect(left, y - 1, right - left, h + 2);
        outline(context, layer.counts, x, y, w, h, top);
        context.fillStyle = grey;
        context.fill();
        context.restore();
        context.strokeStyle = data.colours.pruned;
        context.lineWidth = 1.5;
        context.beginPath();
        for (const edge of layer.low < 0 ? [left, right] : [right]) {  // a score has no side below zero
          context.moveTo(edge, y);
          context.lineTo(edge, y + h);
        }
        context.stroke();
      }
      context.fillStyle = ink;
      context.font = font(wide ? 12 : 10);
      context.textAlign = "right";
      context.fillText(wide ? say(data.words.kept, { share }) : share, x + w, wide ? y - 5 : y + large(9));
      context.globalAlpha = 0.75;
      context.fillStyle = context.strokeStyle = ink;
      context.lineWidth = 1;
      context.beginPath(); context.moveTo(x, y + h + 0.5); context.lineTo(x + w, y + h + 0.5); context.stroke();
      context.font = font(10);
      context.textAlign = "left"; context.fillText(layer.low ? short(layer.low) : "0", x, y + h + large(11));
      if (layer.low < 0) { context.textAlign = "center"; context.fillText("0", x + w / 2, y + h + large(11)); }
      context.textAlign = "right"; context.fillText(short(layer.high), x + w, y + h + large(11));
      context.globalAlpha = 1;
      words.push(say(data.words.layer, { layer: layer.title, share }));
    });
    const guess = about(value);
    const moving = Math.abs(value - data.value) > 1e-9;
    const cuts = new Set(layers.map((layer) => layer.cuts[stop]));
    const gone = `${(moving ? value : data.sparsity).toFixed(1)} %`;  // at rest, what is really gone
    const much = data.pattern.length
      ? say(data.words.pattern, { n: data.pattern[0], m: data.pattern[1] })
      : cuts.size > 1
        ? say(data.words.cuts, { share: gone })
        : say(data.words.cut, { share: gone, cut: short([...cuts][0], 4) });
    const figure = guess === null ? "" : data.share ? `${(100 * guess).toFixed(0)} %` : guess.toFixed(data.digits - 1);
    caption.textContent = !moving
      ? `${say(data.words.legend, { much })} ${data.words.note}`
      : guess === null ? much : say(data.words.guess, { much, metric: data.metric, figure });
    caption.style.fontSize = `${large(14)}px`;
    caption.title = caption.textContent;  // it is cut where there is no room
    caption.dataset.moving = moving;
    canvas.setAttribute("aria-label", say(data.words.alt, { layers: words.join(data.words.between) }));
  }

  const watch = new MutationObserver(draw);
  const watched = () => {
    const area = document.querySelector(".st-key-threshold");
    if (area) watch.observe(area, { attributes: true, subtree: true, attributeFilter: ["value", "aria-valuetext"] });
  };
  const sized = new ResizeObserver(draw);
  const follow = () => requestAnimationFrame(draw);
  const stepped = () => { join(); draw(); };
  watched();
  sized.observe(canvas.parentElement);
  document.addEventListener("input", follow, true);
  document.addEventListener("histograms-now", stepped);
  const themed = setInterval(draw, 250);  // theme and chart may change under us; draws only if something did
  draw();
  const leave = () => {
    delete parentElement.follower;
    document.querySelector(".here-mark")?.remove();
    watch.disconnect();
    sized.disconnect();
    clearInterval(themed);
    document.removeEventListener("input", follow, true);
    document.removeEventListener("histograms-now", stepped);
  };
  parentElement.follower = { leave, take: (next) => { take(next); draw(); } };
  return leave;
}
