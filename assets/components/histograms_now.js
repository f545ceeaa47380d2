// Tells the histograms where the slider stands and how good the network is there; they are drawn by histograms.js.
export default function ({ data }) {
  document.histogramsNow = data;
  document.dispatchEvent(new Event("histograms-now"));
}
