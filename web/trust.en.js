// The words of trust.js, with which the page is made when the firmware knows certificates.
Object.assign(T, {
  trust: "Certificate, user name, password",
  how: "The broker is known by",
  how_psk: "the key above (TLS-PSK)",
  how_ca: "its authority's certificate",
  how_pin: "its public key",
  "t-ca": "Certificate of the authority (PEM)",
  "t-ca_set": "One is set. Paste another one to replace it.",
  "t-pin.0": "SHA-256 of its public key: 64 hex digits",
  "t-pin.1": "And of the next one, if it is known",
  "t-user": "User name there",
  "t-pass": "Password there",
  "t-cert": "This device's own certificate (PEM), if the broker wants one",
  csr: "Make a request for it",
  csr_hint: "Give this request to whoever issues certificates, and paste what comes back above. The key stays in the device."
});
Object.assign(T.labels, {
  "mqtt.trust": T.how, "mqtt.ca": T["t-ca"], "mqtt.pin.0": "Public key", "mqtt.pin.1": "Next public key",
  "mqtt.user": T["t-user"], "mqtt.pass": T["t-pass"], "mqtt.cert": "Certificate of this device (PEM)",
  "ota.ca": "Authority of web servers", "ota.pin.0": "Public key of web servers", "ota.pin.1": "Next public key of web servers",
  "est.url": "Certificate renewal (EST)"
});
Object.assign(T.labels, {
  "wifi.eap": "WPA2-Enterprise", "wifi.anon": "Anonymous identity", "wifi.user": "User name", "wifi.eap_pass": "User's password",
  "wifi.server": "Name of the server", "wifi.ca": "Authority of the server (PEM)", "wifi.cert": "Certificate of this device (PEM)"
});
Object.assign(T.choices, {none: "no", peap: "PEAP", tls: "TLS", psk: T.how_psk, ca: T.how_ca, pin: T.how_pin});
Object.assign(T.errors, {
  "tls.unknown_authority": "The broker's certificate is not from the authority given here.",
  "tls.wrong_name": "The broker's certificate is for another host name.",
  "tls.client_refused": "The broker does not accept this device's certificate, or wants one.",
  "setting.trust": "The authority's certificate, or the public key's SHA-256, is missing.",
  "setting.own_certificate": "This certificate is for a key that this device has not got. Make a request first."
});
