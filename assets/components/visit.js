// Keeps a visit's key in the browser, so that a reload or another tab finds the visit again.
export default function ({ data }) {
  const age = data.days * 24 * 3600;
  const safe = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${data.name}=${data.key}; Path=/; Max-Age=${age}; SameSite=Strict${safe}`;
}
