// --- How the broker is known: a part of app.js (tools/embed_web.py) when the firmware knows certificates ---

  const trust = {};

  function trust_field(name, tag) {
    const id = "t-" + name;
    const place = make(trust.box, "div");
    make(place, "label", T[id]).htmlFor = id;
    const field = make(place, tag);
    Object.assign(field, {id, name: "mqtt.0." + name, autocapitalize: "none", spellcheck: false, autocomplete: "off"});
    if (tag === "textarea") field.placeholder = "-----BEGIN CERTIFICATE-----";
    return trust[name] = field;
  }

  function draw_trust() {
    const how = trust.how.value;
    const shown = {ca: "ca", "pin.0": "pin", "pin.1": "pin"};
    Object.keys(shown).forEach((name) => { trust[name].parentNode.hidden = how !== shown[name]; });
    show("key-place", how === "psk");
    show("other-key", how === "psk");
  }

  function begin_trust() {
    if (trust.box) return;
    trust.box = make($("other-key").parentNode, "details");
    make(trust.box, "summary", T.trust);
    make(trust.box, "label", T.how).htmlFor = "t-how";
    trust.how = make(trust.box, "select");
    Object.assign(trust.how, {id: "t-how", name: "mqtt.0.trust", onchange: draw_trust});
    ["psk", "ca", "pin"].forEach((how) => { make(trust.how, "option", T["how_" + how]).value = how; });
    trust_field("ca", "textarea");
    trust_field("pin.0", "input");
    trust_field("pin.1", "input");
    trust_field("user", "input");
    trust_field("pass", "input").type = "password";
    trust_field("cert", "textarea");
    const button = make(trust.box, "button", T.csr);
    button.type = "button";
    button.onclick = make_request;
    trust.how.value = state.trust.how;
    trust.user.value = state.trust.user;
    if (state.trust.how === "ca") trust.ca.placeholder = T["t-ca_set"];
    draw_trust();
  }

  async function make_request() {
    try {
      const answer = await post("csr");
      if (!trust.csr) {
        trust.csr = make(trust.box, "textarea");
        trust.csr.readOnly = true;
        trust.csr.setAttribute("aria-label", T.csr_hint);
        make(trust.box, "p", T.csr_hint, "muted");
      }
      trust.csr.value = answer.csr;
      trust.csr.focus();
      trust.csr.select();
    } catch (error) {
      say("form-error", complaint(error));
    }
  }

  // Only what was changed and can be seen.
  function add_trust(set) {
    const {how, user} = state.trust;
    if (trust.how.value !== how) set["mqtt.0.trust"] = trust.how.value;
    ["ca", "cert", "pin.0", "pin.1", "pass"].forEach((name) => {
      const value = trust[name].value.trim();
      if (value && !trust[name].parentNode.hidden) set["mqtt.0." + name] = value;
    });
    if (trust.user.value !== user) set["mqtt.0.user"] = trust.user.value || null;
  }
