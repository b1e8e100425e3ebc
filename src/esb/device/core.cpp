#include "esb/device/core.hpp"

#include "esb/base/features.hpp"
#include "esb/life/birth.hpp"
#include "esb/life/factory_reset.hpp"
#include "esb/life/given_identity.hpp"
#include "esb/record/retained.hpp"

namespace esb {

Core::Core(chip::Chip& ports, const AppDesc& description, const link::Limits& limits)
    : chip(ports),
      app(description),
      identity(identity_from_mac(ports.system.station_mac())),
      store(ports.key_value, schema),
      console(ports.uart),
      voice(console.output()),
      reactor(ports.sockets, ports.clock),
      names(reactor, ports.resolver),
      recorder(ports.retained_ram, ports.key_value, ports.clock),
      notes(recorder, reactor),
      restart(reactor, policy),
      watchdog(ports.system, reactor, policy, voice),
      health(ports, app.image, recorder, voice),
      time(ports, reactor, names, recorder, voice),
      device_key(ports.key_value, ports.entropy),
      commissioned(ports.key_value),
#if ESB_CERTIFICATES
      credentials({ports, store, broker_link, time}),
#endif
#if ESB_WIFI_ENTERPRISE
      enterprise(credentials),
#endif
#if ESB_MQTT_KEEP
      kept_session(ports.key_value, limits),
#endif
      connection({reactor, store,  identity, broker_link,    brokers, inbox,  subscriptions, publisher, sessions, topics,
                  presence, updates, config, home_assistant, network, set_up, commissioned,  notes,     voice,    online, app, policy}),
      broker_link(reactor, names, ports.entropy, connection, limits),
      inbox(limits.max_message),
      subscriptions(inbox, broker_link, ports.entropy, connection),
      publisher(broker_link, reactor, limits),
      updates({ports, reactor, names, store, publisher, broker_link, device_key, app, restart, desk(), notes, voice}),
      network({ports, reactor, store, identity, broker_link, online, updates.updater(), commissioned, config, time, improv,
               set_up, restart, notes, voice, policy}),
      snapshot({ports, app.image, identity, reactor, network.wifi(),
#if ESB_ETHERNET
                network.wire(),
#endif
                broker_link, sessions, updates.updater(), config,
                commissioned, health, online}),
      presence({ports.clock, broker_link, publisher, subscriptions, device_key, snapshot, policy, connection}),
      log_publisher(recorder, log_names, publisher, online),
#if ESB_CORE_DUMP
      crash_report({ports.system.core_dump(), publisher, notes, voice, online}),
#endif
#if ESB_HOME_ASSISTANT
      home_assistant(ports.key_value, publisher, app.image, online),
#endif
#if ESB_PORTAL
      set_up({ports, reactor, store, schema, network.wifi(), broker_link, updates.updater(), config, portal, recorder,
              log_names, snapshot, online, restart}),
      portal(reactor, set_up),
#endif
      config({store, schema, broker_link, publisher, brokers, commissioned, device_key, updates.updater(),
              set_up, ports.entropy, desk(), notes, voice}),
      topics({reactor, broker_link, inbox, subscriptions, presence, updates, config, home_assistant, notes, voice}),
#if ESB_IMPROV
      improv({ports, reactor, console, network.wifi(), config, schema, commissioned, app.image, identity}),
#endif
      shell({ports.key_value, reactor, console, store, schema, improv}),
      button(ports, network, restart, voice),
      settings_in_use({reactor, store, broker_link, brokers, connection, topics, network, set_up, updates, config,
                       home_assistant, time, voice, online}),
#if ESB_CERTIFICATES
      renewal({ports, reactor, names, store, schema, identity, credentials, config, online, voice}),
#endif
#if ESB_DEEP_SLEEP
      sleep({ports, reactor, policy, console, commissioned, broker_link, publisher, updates, config, network, presence, connection,
             online, restart, voice}),
#endif
      config_commands{config, store, schema, ports.entropy},
      device_commands{snapshot, broker_link, subscriptions, updates, ports, restart},
#if ESB_ETHERNET
      link_commands{network.wire(), snapshot},
#endif
      wifi_commands{network.wifi(), ports.radio, reactor, store, config_commands},
#if ESB_WIFI_ENTERPRISE
      enterprise_commands{console, credentials, config_commands},
#endif
      mqtt_commands{broker_link, publisher, presence, snapshot, store, config_commands},
#if ESB_CERTIFICATES
      certificate_commands{console, credentials, identity, config_commands},
#endif
      debug_commands{shell.variables()},
      lock_commands{shell, reactor, config_commands},
#if ESB_PORTAL
      portal_commands{network, reactor, store, identity},
#endif
      health_commands{recorder, log_names, health, time, ports.clock, store, restart} {
    inbox.set_dropped([this](const link::Message& message) { topics.on_too_large(link::too_large(message)); });
    if (app.defaults == Defaults::product) {
        static_cast<void>(schema.set_fallback(settings::names::settings_signed, "on"));  // the first one fits
    }
#if ESB_MQTT_KEEP
    broker_link.keep_in(kept_session);
#endif
#if ESB_CERTIFICATES
    broker_link.set_credentials(&credentials);
#endif
#if ESB_WIFI_ENTERPRISE
    chip.radio.set_trust(enterprise);
#endif
    policy.wifi.portal_available = with_portal;
    add_commands();
    static_cast<void>(reactor.add(*this));  // the first of a new reactor always fits
}

CertificateDesk* Core::desk() {
#if ESB_CERTIFICATES
    return &credentials;
#else
    return nullptr;
#endif
}

Core::~Core() { reactor.remove(*this); }

void Core::add_commands() {
    const auto add = [this](auto& rooms) { voice.tell("commands", console.add(rooms.table(), &rooms)); };
    add(device_commands);
    add(wifi_commands);
#if ESB_WIFI_ENTERPRISE
    add(enterprise_commands);
#endif
#if ESB_ETHERNET
    add(link_commands);
#endif
    add(mqtt_commands);
#if ESB_CERTIFICATES
    add(certificate_commands);
#endif
    add(config_commands);
    add(debug_commands);
    add(lock_commands);
    add(health_commands);
#if ESB_PORTAL
    add(portal_commands);
#endif
}

void Core::start() {
    print_banner();
    mount();
    load_settings();
    be_born();
    voice.tell("device key", device_key.load());
    shell.start(reactor.now());
    watchdog.keep_started();
    updates.begin(identity);
    // An image on trial gives itself up; so did the one before.
    health.begin(updates.updater().on_trial() || updates.updater().progress().state == ota::State::rolled_back);
    network.start();
#if ESB_CORE_DUMP
    crash_report.begin();
    if (crash_report.size() != 0) {
        topics.hear_of_crash([this](const link::Message& message) { crash_report.take(message); });
    }
#endif
}

void Core::mount() {
    const auto mounted = chip.key_value.mount();
    if (voice.tell("storage", mounted) && *mounted == chip::Mount::formatted) voice.out().line("storage: formatted");
    if constexpr (with_given_identity) {
        const auto given = life::given_identity(chip.key_value);
        if (voice.tell("identity", given) && *given) identity = **given;
    }
    const bool raised = time.raise();
    voice.tell("log", recorder.begin());
    if (raised) voice.out().line("time: the clock was behind the firmware's build");
    if (chip.system.reset_reason() == chip::ResetReason::deep_sleep) notes.woke();
    health.note_start();
}

void Core::load_settings() {
    const auto reset = life::finish_factory_reset(chip.key_value, store);
    if (voice.tell("factory reset", reset) && *reset) {
        wipe(record::retained::known_link(chip.retained_ram));
#if ESB_CERTIFICATES
        wipe(record::retained::tls_session(chip.retained_ram));
#endif
        voice.out().line("factory reset: done");
    }
    commissioned.load();
    const auto loaded = store.load();
    notes.settings_loaded(loaded);
    if (!voice.tell("settings", loaded)) return;
    if (*loaded == settings::Loaded::lost) {
        voice.out().line("settings: both generations are unreadable, starting anew");
    } else if (*loaded == settings::Loaded::recovered) {
        voice.out().line("settings: the newest generation is unreadable, using the one before");
    }
    config.trial().loaded(*loaded);
}

void Core::be_born() {
    struct Lines final : life::BirthLines {
        explicit Lines(Core& made_of) : core(made_of) {}
        void show(std::string_view line) override { core.voice.out().line(line); }
        bool all_seen() override {
            core.voice.out().flush();
            return core.chip.uart.host_connected() && core.voice.out().idle();
        }
        Core& core;
    } lines(*this);
    voice.tell("identity", life::be_born({store, schema, chip.key_value, chip.entropy, lines}, identity,
                                         commissioned.is()));
}

void Core::print_banner() {
    auto& out = voice.out();
    out.end_line();
    out.text("===== ").text(app.image.app).text(" ").text(app.image.ver).text(" (seq ").number(app.image.seq);
    out.text(") on ").text(app.image.hw).text(", slot ").text(chip.slots.running() == chip::SlotId::a ? "a" : "b");
    out.text(", after ").text(chip::name(chip.system.reset_reason())).text(" =====").end_line();
}

bool Core::turn(Duration longest) {
    watchdog.keep_started();
    turning = true;
    reactor.turn(longest);
    turning = false;
    const auto& client = broker_link.client();
    const bool said = !broker_link.connected() || (client.pending() == 0 && updates.reported() && publisher.idle());
#if ESB_DEEP_SLEEP
    if (sleep.begin()) return false;
#endif
    if (!restart.due(said && chip.uart.drained() && set_up.idle())) return true;
    static_cast<void>(recorder.flush());  // what RAM would lose
    return false;
}

void Core::step(Instant now) {
    for (auto* part : parts_) part->step(now);
}

std::optional<Instant> Core::deadline() const {
    std::optional<Instant> next;
    for (const auto* part : parts_) next = earliest(next, part->deadline());
    return next;
}

}  // namespace esb
