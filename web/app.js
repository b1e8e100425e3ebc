// The set-up page. What the device says is shown only through textContent and value. Every request goes through call(),
// one at a time, since the device serves few connections; the form survives whatever becomes of them.
(function () {
  "use strict";
  const STEPS = ["join", "address", "reach", "tls", "mqtt"];
  const UNKNOWN_ACCOUNT = ["tls.bad_psk", "mqtt.refused.credentials", "mqtt.refused.not_authorized", "mqtt.refused.client_id"];
  const OTHER = "";

  const $ = (id) => document.getElementById(id);
  const all = (selector, each) => document.querySelectorAll(selector).forEach(each);
  const say = (id, text) => { if ($(id).textContent !== text) $(id).textContent = text; };
  const show = (id, yes) => { $(id).hidden = !yes; };
  const fill = (text, ...values) => text.replace(/\{(\d)\}/g, (_, n) => values[n]);
  const bytes = (text) => new TextEncoder().encode(text);
  const later = (ms) => new Promise((go) => setTimeout(go, ms));

  function make(parent, tag, text, className) {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    parent.appendChild(element);
    return element;
  }

  // --- Requests ---

  function request(method, path, body, progress) {
    return new Promise((resolve, reject) => {
      const xhr = new XMLHttpRequest();
      xhr.open(method, path);
      if (!progress) xhr.timeout = 6000;
      if (method === "POST") {
        xhr.setRequestHeader("X-ESB", "1");
        xhr.setRequestHeader("Content-Type", progress ? "application/octet-stream" : "application/json");
      }
      if (progress) xhr.upload.onprogress = progress;
      xhr.onerror = xhr.ontimeout = () => reject({lost: true});
      xhr.onload = () => {
        let answer = xhr.responseText;
        try { answer = JSON.parse(answer); } catch (e) { /* the log and the web server's refusals are text */ }
        if (xhr.status < 300) resolve(answer);
        else reject(typeof answer === "string" ? {why: answer} : answer);
      };
      xhr.send(method === "POST" ? progress ? body : JSON.stringify(body || {}) : null);
    });
  }

  let queue = Promise.resolve();
  function call(method, path, body, progress) {
    const answer = queue.then(() => request(method, path, body, progress));
    queue = answer.catch(() => {});
    return answer;
  }
  const post = (what, body) => call("POST", "/api/" + what, body);

  const words = (error) => T.errors[error.error] || error.why || error.error || T.unreached;
  const complaint = (error) => (error.setting ? error.setting + ": " : "") + words(error);

  // --- The device's state ---

  let state = null;
  let misses = 0;
  let posting = false;   // a try is on its way to the device
  let mine = 0;          // the number of the try that this page began
  let touched = false;   // somebody has typed here
  let put_away = 0;      // the try whose outcome was put away by "Change something"
  let witnessed = 0;     // a try that was seen under way: its outcome is news
  let drawn = "";
  let told = false;      // the device knows that the result was shown

  async function poll() {
    try {
      const fresh = await call("GET", "/api/state");
      misses = 0;
      const first = !state || fresh.about.ver !== state.about.ver;
      state = fresh;
      if (first) begin();
      draw();
    } catch (error) {
      ++misses;
    }
    const ended = told && misses > 2;
    show("offline", misses > 1);
    say("offline", misses < 2 ? "" : ended ? T.closed : fill(T.reconnecting, state ? state.about.identity : "ESP-…"));
    setTimeout(poll, ended ? 5000 : 1000);
  }

  function begin() {
    const about = state.about;
    document.title = about.identity;
    say("name", about.identity);
    $("host").value = state.broker.host;
    $("port").value = state.broker.port;
    $("ident").value = state.broker.ident;
    //+certificates begin_trust();
    selected = state.wifi.ssid || null;
    draw_networks();
    show("ap", !state.portal.commissioned);
    say("upload-hint", fill(T.upload_hint, location.origin + "/"));
    say("reset-hint", fill(T.reset_hint, about.identity));
    draw_firmware();
    load_key();
    find_networks();
    load_settings();
  }

  async function load_key() {
    if (!state.portal.key) return;
    try {
      const key = await post("key");
      $("key").value = key.psk;
      draw();
    } catch (error) {
      if (error.lost) later(1500).then(load_key);
    }
  }

  function draw() {
    const {about, wifi, broker, attempt, portal} = state;
    const place = broker.online ? T.up_states.on : wifi.wired ? T.up_states.wired : wifi.ip ? fill(T.up_states.wifi, wifi.ssid) : T.up_states.off;
    say("about", about.app + " " + about.ver + " · " + place);
    say("left", portal.left > 0 ? fill(T.left, Math.ceil(portal.left / 60)) : "");
    show("own-key", portal.key && $("key").value !== "");
    draw_attempt(attempt);
    draw_update();
  }

  // --- How a try goes ---

  function draw_attempt(attempt) {
    const idle = attempt.state === "idle" || attempt.n <= put_away;
    const trying = posting || attempt.state === "trying" && !idle;
    const seen = trying || !idle;
    if (trying) witnessed = Math.max(witnessed, posting ? attempt.n + 1 : attempt.n);
    show("progress", seen);
    const own = posting || attempt.n === mine || !touched;
    show("form", !(trying && own) && !(seen && !posting && attempt.state === "done"));
    $("try").disabled = trying;
    say("try", trying ? T.working : T.try);
    if (!seen) {
      drawn = "";
      return;
    }
    const now = posting ? {state: "trying", step: "join", n: mine} : attempt;
    const mark = [now.state, now.step, now.error, now.reason, now.n, now.back].join();
    if (mark === drawn) return;
    const news = drawn.split(",")[0] !== now.state;
    drawn = mark;
    draw_steps(now);
    draw_outcome(now);
    if (news && own) {
      $("headline").focus();
      $("progress").scrollIntoView({block: "start"});
    } else {
      say("live", now.state === "trying" ? T.steps[now.step] : $("headline").textContent + ". " + $("verdict").textContent);
    }
    // Once it has been read: phones close the window when the access point is gone.
    if (now.state === "done" && witnessed >= now.n) setTimeout(tell_shown, 5000);
  }

  function draw_steps(attempt) {
    const list = $("steps");
    const at = STEPS.indexOf(attempt.step);
    const wanted = state.broker.host || at > 1 ? STEPS : STEPS.slice(0, 2);
    list.textContent = "";
    wanted.forEach((step, i) => {
      const here = attempt.state === "failed" ? "bad" : attempt.state === "done" ? "ok" : "now";
      const how = i < at ? "ok" : i > at ? "wait" : here;
      const item = make(list, "li", T.steps[step], how);
      make(item, "span", ": " + T.step_states[how], "unseen");
    });
  }

  function reason_of(attempt) {
    return T.reasons[attempt.reason] && STEPS.indexOf(attempt.step) < 2 ? T.reasons[attempt.reason] : words(attempt);
  }

  function draw_outcome(attempt) {
    const failed = attempt.state === "failed", done = attempt.state === "done";
    const missing = failed && state.portal.key && !state.portal.commissioned && !$("psk").value &&
        UNKNOWN_ACCOUNT.indexOf(attempt.error) >= 0;
    const ssid = chosen() || state.wifi.ssid;
    const identity = state.about.identity;
    $("progress").classList.toggle("good", done);
    show("facts", done);
    show("missing", missing);
    $(missing ? "missing" : "key-place").appendChild($("own-key"));
    show("change", done);
    if (done) {
      say("headline", fill(attempt.step === "mqtt" ? T.online : T.joined, identity));
      say("verdict", "");
      say("next", witnessed >= attempt.n ? T.online_next : T.done_next);
      say("ip", state.wifi.ip || attempt.ip);
      say("on", state.wifi.ssid);
      say("to", state.broker.host ? state.broker.host + ":" + state.broker.port : "–");
    } else if (missing) {
      say("headline", T.missing);
      say("verdict", "");
      say("command", fill(T.missing_why, state.broker.ident));
      say("next", T.missing_hint);
    } else if (failed) {
      say("headline", fill(T.failed[attempt.step], ssid));
      say("verdict", reason_of(attempt));
      say("next", T.failed_hint + " " + (attempt.back ? T.back : T.failed_retry));
    } else {
      say("headline", T.trying);
      say("verdict", "");
      say("next", T.trying_hint);
    }
  }

  async function tell_shown() {
    if (told || posting || state.attempt.state !== "done") return;
    try {
      await post("shown");
      told = true;
    } catch (error) {
      if (error.lost) later(1500).then(tell_shown);
    }
  }

  $("change").onclick = () => {
    put_away = state.attempt.n;
    draw();
    $("wifi-title").scrollIntoView();
    const at = document.querySelector("#networks input:checked");
    if (at) at.focus();
  };

  // --- Networks ---

  let networks = [];
  let selected = null;  // a name as the device writes it; OTHER; null: none
  let scanning = false;

  const chosen = () => selected === OTHER ? $("ssid").value : selected;
  const network = () => networks.find((n) => n.ssid === selected);
  // The device has this network's password already.
  const is_known = () => selected && selected === state.wifi.ssid && state.attempt.reason !== "wrong password";

  async function find_networks() {
    if (scanning) return;
    scanning = true;
    $("rescan").disabled = true;
    say("rescan", T.scanning);
    try {
      const before = await call("GET", "/api/networks");
      take_networks(before);
      await post("scan").catch((error) => { if (error.error !== "busy") throw error; });
      for (let i = 0; i < 12; ++i) {
        await later(1200);
        const after = await call("GET", "/api/networks").catch(() => before);
        if (after.scans === before.scans) continue;
        take_networks(after);
        break;
      }
    } catch (error) {
      if (error.lost && !networks.length) later(2000).then(find_networks);
    }
    scanning = false;
    $("rescan").disabled = false;
    say("rescan", T.rescan);
    draw_networks();
  }

  function take_networks(answer) {
    networks = answer.networks;
    draw_networks();
  }

  function draw_networks() {
    const list = $("networks");
    const focused = list.contains(document.activeElement);
    const place = list.scrollTop;
    list.textContent = "";
    networks.forEach((one) => add_network(list, one.ssid, one));
    if (selected && !network()) add_network(list, selected, null);
    if (!networks.length && !scanning) make(list, "p", T.no_networks, "muted");
    add_network(list, OTHER, null);
    list.scrollTop = place;
    const at = list.querySelector("input:checked");
    if (focused && at) at.focus();
    draw_selection();
  }

  function add_network(list, ssid, about) {
    const row = make(list, "label", undefined, "net");
    const radio = make(row, "input");
    radio.type = "radio";
    radio.name = "network";
    radio.checked = ssid === selected;
    radio.onchange = () => {
      selected = ssid;
      touched = true;
      $("pass").value = "";
      draw_selection();
    };
    make(row, "b", ssid === OTHER ? T.other : ssid);
    if (!about) {
      if (ssid !== OTHER) make(row, "small", T.gone, "muted");
      return;
    }
    if (about.auth === "enterprise") {
      radio.disabled = true;
      row.className += " off";
      make(row, "small", T.enterprise);
      return;
    }
    const level = Math.max(0, Math.min(4, Math.ceil((about.rssi + 90) / 10)));
    const locked = about.auth !== "open";
    make(row, "span", ", " + (locked ? T.locked : T.open) + ", " + T.signal[level], "unseen");
    if (locked) make(row, "span", undefined, "lock");
    const bars = make(row, "span", undefined, "bars");
    for (let i = 0; i < 4; ++i) make(bars, "i", undefined, i < level ? "lit" : "");
  }

  function draw_selection() {
    all(".net", (row) => row.classList.toggle("on", row.firstChild.checked));
    const about = network();
    show("hidden-name", selected === OTHER);
    show("passphrase", selected !== null && !(about && about.auth === "open"));
    $("pass").placeholder = is_known() ? T.pass_kept : "";
  }

  $("rescan").onclick = find_networks;

  // --- The form ---

  function mark(id, text) {
    say(id + "-error", text || "");
    if (text) $(id).setAttribute("aria-invalid", "true");
    else $(id).removeAttribute("aria-invalid");
    return !text;
  }

  const is_passphrase = (text) => /^[0-9a-f]{64}$/i.test(text) || bytes(text).length >= 8 && bytes(text).length <= 63;
  const is_key = (text) => /^([0-9a-f]{2}){16,32}$/i.test(text);
  const to_hex = (text) => "hex:" + Array.from(bytes(text), (b) => ("0" + b.toString(16)).slice(-2)).join("");

  function check_form() {
    const typed = selected === OTHER ? bytes($("ssid").value).length : 1;
    const pass = $("pass").value;
    const about = network();
    const needs_pass = about && about.auth !== "open" && !is_known();
    const port = Number($("port").value);
    const good = [
      mark("ssid", selected === null || typed < 1 || typed > 32 ? T.bad_ssid : ""),
      mark("pass", (pass || needs_pass) && !$("passphrase").hidden && !is_passphrase(pass) ? T.bad_pass : ""),
      mark("port", !(port >= 1 && port <= 65535 && port % 1 === 0) ? T.bad_port : ""),
      mark("psk", $("psk").value && !is_key($("psk").value) ? T.bad_key : ""),
      mark("ap-pass", $("ap-pass").value && !/^[ -~]{8,63}$/.test($("ap-pass").value) ? T.ap_pass : ""),
      mark("host", ""), mark("ident", "")
    ].every((yes) => yes);
    if (!good) enter(document.querySelector(selected === null ? "#networks input" : "#form [aria-invalid]"));
    return good;
  }

  // The device would take it apart as well.
  $("host").onchange = () => {
    const parts = /^\s*(?:mqtts:\/\/)?([\w.-]+?)\.?(?::(\d+))?\/?\s*$/i.exec($("host").value);
    if (!parts) return;
    $("host").value = parts[1];
    if (parts[2]) $("port").value = parts[2];
  };

  // Only what was changed, or belongs to it.
  function changes() {
    const set = {};
    const pass = $("passphrase").hidden ? "" : $("pass").value;
    if (!is_known() || pass) {
      const name = $("ssid").value;
      set["wifi.0.ssid"] = selected !== OTHER ? selected : /^hex:/.test(name) ? to_hex(name) : name;
      set["wifi.0.pass"] = pass || null;
      set["wifi.0.hidden"] = selected === OTHER;
      //+enterprise set["wifi.0.eap"] = null;
    }
    const {host, port, ident} = state.broker;
    const value = (id) => $(id).value.trim();
    if (value("host") !== host) set["mqtt.0.host"] = value("host") || null;
    if (Number(value("port")) !== port) set["mqtt.0.port"] = Number(value("port"));
    if (value("ident") !== ident) set["mqtt.0.ident"] = value("ident") || null;
    if (value("psk")) set["mqtt.0.psk.0"] = value("psk").toLowerCase();
    //+certificates add_trust(set);
    return set;
  }

  // A request whose answer got lost may have reached the device: its number of tries tells.
  async function begin_try(set) {
    const before = state.attempt.n;
    for (;;) {
      try {
        return (await post("try", set)).attempt;
      } catch (error) {
        if (!error.lost) throw error;
      }
      let now = null;
      while (!now) {
        await later(1000);
        now = await call("GET", "/api/state").catch(() => null);
      }
      if (now.attempt.n > before) return now.attempt.n;
    }
  }

  $("form").onsubmit = async (event) => {
    event.preventDefault();
    say("form-error", "");
    if (posting || !state || !check_form()) return;
    posting = true;
    told = false;
    put_away = 0;
    drawn = "";
    draw();
    try {
      if ($("ap-pass").value) await post("settings", {"ap.pass": $("ap-pass").value});
      $("ap-pass").value = "";
      mine = await begin_try(changes());
      state = await call("GET", "/api/state").catch(() => state);
      posting = false;
      draw();
    } catch (error) {
      posting = false;
      put_away = state.attempt.n;
      draw();
      say("form-error", complaint(error));
      point_at(error.setting);
    }
  };

  // Fields of the form are named after their settings.
  function point_at(setting) {
    const field = $("form").elements[setting];
    if (!field) return;
    field.setAttribute("aria-invalid", "true");
    enter(field);
  }

  function enter(field) {
    for (let around = field; (around = around.parentNode.closest("details"));) {
      around.open = true;
      around.hidden = false;
    }
    field.focus();
  }

  document.addEventListener("input", (event) => {
    touched = true;
    event.target.removeAttribute("aria-invalid");
  });

  all("[data-show]", (button) => {
    button.onclick = () => {
      const field = $(button.dataset.show);
      const hidden = field.type === "password";
      field.type = hidden ? "text" : "password";
      button.textContent = hidden ? T.hide : T.show;
      button.setAttribute("aria-pressed", hidden);
    };
  });

  // Pages without https have no navigator.clipboard.
  all("[data-copy]", (button) => {
    button.onclick = () => {
      const field = $(button.dataset.copy);
      field.focus();
      field.setSelectionRange(0, field.value.length);
      if (!document.execCommand("copy")) return;
      button.textContent = T.copied;
      say("live", T.copied);
      setTimeout(() => { button.textContent = T.copy; }, 2000);
    };
  });

  // --- Settings: the author's in cards of their own, ours in groups; of what there are several, one is shown ---

  const GROUPS = ["wifi", "mqtt", "ap", "ota", "time", "device"];
  const FIRST = {wifi: "ssid", mqtt: "host"};  // of a network and a broker: the setting that says which it is
  let rows = [];

  async function load_settings(only) {
    try {
      const list = (await call("GET", "/api/settings")).settings;
      draw_settings(list.filter((setting) => setting.name !== "console.password"), only);
    } catch (error) {
      if (error.lost && !only) return later(1500).then(load_settings);
      say("all-said", words(error));
    }
  }

  function settings_form(card, id) {
    const form = make(card, "form");
    const list = make(form, "div");
    const said = make(form, "p");
    make(form, "button", T.save, "main");
    form.noValidate = true;
    form.autocomplete = "off";
    form.id = id + "-form";
    list.id = id + "-list";
    said.id = id + "-said";
    said.setAttribute("role", "status");
    form.onsubmit = (event) => {
      event.preventDefault();
      save(list, said.id);
    };
    return list;
  }

  // Where a setting's form keeps its fields.
  function list_of(setting) {
    if (setting.title === undefined) return $("all-list");
    const title = setting.title || state.about.app;
    const id = "own-" + title;
    if ($(id + "-list")) return $(id + "-list");
    const card = make($("own"), "details", undefined, "card");
    card.id = id;
    card.open = state.portal.commissioned;
    make(card, "summary", title);
    return settings_form(card, id);
  }

  function part(parent, id, title, open) {
    if ($(id)) return $(id);
    const details = make(parent, "details");
    details.id = id;
    details.open = open;
    make(details, "summary", title);
    return details;
  }

  function add_groups() {
    GROUPS.forEach((name) => {
      const group = part($("all-list"), "g-" + name, T.groups[name], false);
      if (!FIRST[name]) return;
      make(group, "div", undefined, "slots").id = "slots-" + name;
      const button = make(group, "button", T.another[name]);
      button.type = "button";
      button.id = "another-" + name;
      button.onclick = () => {
        const slot = document.querySelector("#slots-" + name + " [hidden]");
        enter(slot.querySelector("input"));
        fold(name);
      };
    });
  }

  function place_of(setting, list) {
    if (setting.title !== undefined) return list;
    const [family, slot, what] = setting.name.split(".");
    if (!FIRST[family] || !what) {
      const group = {est: "mqtt"}[family] || family;
      return $("g-" + group) || $("g-device");
    }
    const id = "g-" + family + "-" + slot;
    const place = part($("slots-" + family), id, "", slot === "0");
    const wifi = family === "wifi";
    if (!(wifi ? /^(eap|anon|user|server|ca|cert)/ : /^(trust|ca|pin|user|pass|cert)$/).test(what)) return place;
    return part(place, id + "-trust", wifi ? T.labels["wifi.eap"] : T.trust, false);
  }

  function draw_settings(settings, only) {
    const before = {};
    all("#settings details", (one) => { before[one.id] = one; });
    rows = rows.filter((row) => only && row.list !== only);
    all("#own form > div, #all-list", (list) => {
      if (!only || list === only) list.textContent = "";
    });
    if (!only || only === $("all-list")) add_groups();
    settings.forEach((setting) => {
      const list = list_of(setting);
      if (only && list !== only) return;
      const row = add_setting(place_of(setting, list), setting);
      row.list = list;
      rows.push(row);
    });
    Object.keys(FIRST).forEach((family) => name_slots(family, before));
    all("#settings details", (one) => {
      if (before[one.id]) one.open = before[one.id].open;
    });
  }

  // An unused one is hidden until somebody asks for it.
  function name_slots(family, before) {
    all("#slots-" + family + " > details", (slot, i) => {
      const own = rows.filter((row) => row.name.startsWith(family + "." + i + "."));
      const named = own.find((row) => row.name.endsWith(FIRST[family])).was;
      slot.firstChild.textContent = fill(T.slots[family], i + 1) + (named ? ": " + named : "");
      slot.hidden = i > 0 && !own.some((row) => row.setting.set) && !(before[slot.id] && !before[slot.id].hidden);
    });
    fold(family);
  }

  const fold = (family) => show("another-" + family, document.querySelector("#slots-" + family + " > [hidden]"));

  function add_setting(place, setting) {
    const ours = setting.title === undefined;
    const key = setting.name.replace(/^(wifi|mqtt)\.\d\./, "$1.");
    const title = ours ? T.labels[key] : setting.label;
    const unit = ours ? T.units[key] : setting.unit;
    const id = "s-" + setting.name;
    const line = make(place, "div", undefined, "line");
    const boolean = setting.type === "boolean";
    let field = make(boolean ? line : place, setting.type === "choice" ? "select" : "input");
    //+certificates if (/^[mw].*(ca|cert)$/.test(setting.name)) { field.remove(); field = make(place, "textarea"); }
    const label = make(line, "label", title || setting.name);
    label.htmlFor = field.id = id;
    field.setAttribute("aria-describedby", id + "-unit " + id + "-help");
    if (unit) {
      const pair = make(place, "div", undefined, "field");
      pair.appendChild(field);
      make(pair, "span", unit).id = id + "-unit";
    }
    const range = setting.type === "integer" ? setting.low + " – " + setting.high : [];
    const notes = [].concat(setting.help || [], setting.local ? T.local : [], range);
    const help = make(place, "p", notes.join("; ") + " ", "muted");
    help.id = id + "-help";
    if (title) make(help, "code", setting.name);
    const row = {name: setting.name, field, setting};
    if (setting.type === "choice") [].concat(setting.choices).forEach((word) => {
      make(field, "option", ours && T.choices[word] || word).value = word;
    });
    if (boolean) field.type = "checkbox";
    else if (setting.type === "integer") field.inputMode = "numeric";
    if (setting.secret) {
      field.type = "password";
      field.autocomplete = "new-password";
      field.placeholder = setting.set ? T.is_set : T.not_set;
    }
    row.was = put_value(field, setting.secret ? "" : setting.value);
    field.oninput = field.onchange = () => { row.gone = false; };
    if (!setting.set) return row;
    const button = make(line, "button", T.default, "quiet");
    button.type = "button";
    button.setAttribute("aria-label", label.textContent + ": " + T.default);
    button.onclick = () => {
      row.gone = true;
      put_value(field, "");
      field.placeholder = T.default_set;
    };
    return row;
  }

  function put_value(field, value) {
    if (field.type === "checkbox") return field.checked = value;
    field.value = value;
    return field.value;
  }

  function changed_settings(list) {
    const set = {};
    rows.filter((row) => row.list === list).forEach((row) => {
      const value = row.field.type === "checkbox" ? row.field.checked : row.field.value;
      if (row.gone) set[row.name] = null;
      else if (value !== row.was) set[row.name] = row.setting.type === "integer" && /^-?\d+$/.test(value) ? Number(value) : value;
    });
    return set;
  }

  async function save(list, said) {
    const set = changed_settings(list);
    if (!Object.keys(set).length) return say(said, T.nothing);
    try {
      const answer = await post("settings", set);
      say(said, answer.on_trial ? T.saved_trial : T.saved);
      await load_settings(list);
    } catch (error) {
      say(said, complaint(error));
      const row = rows.find((one) => one.name === error.setting);
      if (row) enter(row.field);
    }
  }

  const on_open = (id, load) => $(id).addEventListener("toggle", () => { if ($(id).open) load(); });
  settings_form($("settings"), "all");
  on_open("settings", () => load_settings($("all-list")));

  // --- Firmware ---

  function draw_firmware() {
    const about = state.about;
    const facts = $("firmware-facts");
    const list = $("protections");
    facts.textContent = list.textContent = "";
    ["app", "ver", "hw", "seq"].concat(about.safe ? "safe" : []).forEach((name) => {
      make(facts, "dt", T[name]);
      make(facts, "dd", name === "safe" ? T.safe_on : about[name]);
    });
    // The chip lists what it lacks as well.
    const kept = about.sec.filter((word) => word !== "open-access-point");
    show("insecure", kept.length < about.sec.length);
    (kept.length ? kept : ["none"]).forEach((word) => make(list, "li", T.sec[word] || word));
  }

  let update_drawn = "";
  function draw_update() {
    const update = state.update;
    const text = T.updates[update.state];
    const now = text ? fill(text, update.ver, words(update)) : "";
    if (now !== update_drawn) say("update-said", now);
    update_drawn = now;
    show("waiting", update.state === "waiting");
    // Without a broker to prove itself with, a firmware is healthy when its page can act.
    if (update.state === "trial") post("settings").catch(() => {});
  }

  const of_update = (word) => () => post("ota", {do: word}).catch((error) => say("update-said", words(error)));
  $("wait-install").onclick = of_update("install");
  $("wait-tomorrow").onclick = of_update("postpone 1d");
  $("wait-skip").onclick = of_update("skip");

  $("upload").onclick = async () => {
    const file = $("image").files[0];
    if (!file) return say("update-said", T.no_file);
    $("upload").disabled = true;
    show("upload-bar", true);
    try {
      await call("POST", "/api/update", file, (event) => {
        const percent = Math.floor(100 * event.loaded / file.size);
        $("upload-bar").value = percent;
        say("update-said", fill(T.uploading, Math.min(100, percent)));
      });
    } catch (error) {
      say("update-said", complaint(error));
    }
    $("upload").disabled = false;
    show("upload-bar", false);
  };

  // --- Log and care ---

  async function load_log() {
    try {
      say("log-lines", String(await call("GET", "/api/log")) || T.empty);
    } catch (error) {
      say("log-lines", words(error));
    }
  }
  on_open("log", load_log);

  async function care(what, body, said) {
    say("care-said", "");
    try {
      await post(what, body);
      say("care-said", said || T.ok);
    } catch (error) {
      say("care-said", words(error));
    }
  }
  $("console-set").onclick = () => care("console-password", {password: $("console-pass").value})
    .then(() => { $("console-pass").value = ""; });
  $("restart").onclick = () => care("restart", {}, T.restarting);
  $("close").onclick = () => { told = true; care("close", {}, T.closed); };
  $("reset-ident").oninput = () => { $("reset").disabled = !state || $("reset-ident").value.trim() !== state.about.identity; };
  $("reset").onclick = () => care("reset", {identity: $("reset-ident").value.trim()}, T.restarting);

  //+certificates include trust.js
  document.documentElement.lang = T.lang;
  all("[data-t]", (element) => { element.textContent = T[element.dataset.t]; });
  poll();
})();
