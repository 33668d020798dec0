// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/kernel_backend.h"

#include <algorithm>

#include <fmt/format.h>

#include "agent/kernel/agent_mark.h"
#include "agent/kernel/attach.h"
#include "agent/kernel/cgroup_root.h"
#include "agent/kernel/event_ring.h"
#include "agent/kernel/guard.h"
#include "agent/kernel/image_maps.h"
#include "agent/kernel/image_slots.h"
#include "agent/kernel/loader.h"
#include "agent/kernel/per_cpu.h"
#include "agent/kernel/pins.h"
#include "agent/kernel/privileges.h"
#include "agent/kernel/rule_counters.h"

namespace synpol {

struct KernelBackend::State {
    State(const Config& configured, HostProbe probed, PinFolder folder, Loaded first)
        : config{configured}, probe{std::move(probed)}, pins{std::move(folder)},
          loaded{std::move(first)}, counters{loaded.counters()},
          slots{loaded.images(), loaded.config()}, programs{loaded.programs()},
          links{pins, programs, {config.interfaces, config.cgroup_root, config.xdp_mode}} {}

    Result<void> adopt();
    Result<void> read_adopted();
    Result<std::vector<std::uint64_t>> add_counters(const Image& next);
    Result<void> flip(const Image& next);
    Result<void> attach(const Compiled& next);
    Result<void> enforce(const Compiled& next);

    Config config;
    HostProbe probe;
    PinFolder pins;
    Loaded loaded; ///< the maps, and the programs that the start needed
    std::vector<Loaded> loaded_later;
    RuleCounters counters;
    ImageSlots slots;
    Programs programs; ///< of everything loaded
    Links links;
    std::unique_ptr<EventRing> ring;
    std::optional<Image> adopted;
    std::unique_ptr<Guard> guard;
    std::string not_guarded = "it is put up last"; ///< why there is none
    std::string not_covered;                       ///< what an apply made and it does not cover
};

namespace {

/// Without these no program loads, whatever a policy says.
Result<void> check_essentials(const HostProbe& probe) {
    for (const auto& item : probe.items) {
        const bool is_essential = (item.name == "ring buffer" && !probe.facts.ring_buffer) ||
                                  (item.name == "kernel type information" && !probe.facts.btf);
        if (is_essential) return Error{fmt::format("this kernel cannot run synpol: {}", item.why)};
    }
    return {};
}

} // namespace

// ---- start ----------------------------------------------------------------------------

Result<void> KernelBackend::State::read_adopted() {
    auto found = slots.read(ImageSlot::active);
    if (!found)
        return std::move(found.error())
            .within(fmt::format("the active image pinned in {}", config.bpffs_dir))
            .with_help(purge_help(config.bpffs_dir));
    adopted = std::move(*found);
    slots.announce(adopted ? adopted->tag() : 0);
    return {};
}

Result<void> KernelBackend::State::adopt() {
    auto opened = EventRing::open(loaded.events());
    if (!opened) return opened.error();
    ring = std::move(*opened);
    if (auto marked = mark_agent(loaded.agent()); !marked) return marked;
    if (auto read = read_adopted(); !read) return read;
    return links.adopt();
}

Result<std::unique_ptr<KernelBackend>> KernelBackend::create(const Config& config) {
    if (auto checked = check_privileges(); !checked) return checked.error();
    // A mistake in the configuration is told before anything is made.
    if (!config.cgroup_root.empty())
        if (auto root = open_cgroup_root(config.cgroup_root); !root) return root.error();
    if (auto marked = mark_pinned_agent(config.bpffs_dir + "/sp_agent"); !marked)
        return marked.error();
    auto probe = probe_host(config.cgroup_root);
    if (auto checked = check_essentials(probe); !checked) return checked.error();
    auto pins = PinFolder::open(config.bpffs_dir);
    if (!pins) return pins.error();
    auto loaded = Loaded::load({probe.facts, *pins, config.ring_bytes}, Links::pinned_hooks(*pins));
    if (!loaded) {
        pins->forget_new();
        return loaded.error();
    }
    auto state =
        std::make_unique<State>(config, std::move(probe), std::move(*pins), std::move(*loaded));
    if (auto adopted = state->adopt(); !adopted) {
        state->pins.forget_new();
        return adopted.error();
    }
    return std::unique_ptr<KernelBackend>{new KernelBackend{std::move(state)}};
}

KernelBackend::KernelBackend(std::unique_ptr<State> state) : state_{std::move(state)} {}
KernelBackend::~KernelBackend() = default;

// ---- apply ----------------------------------------------------------------------------

Result<std::vector<std::uint64_t>> KernelBackend::State::add_counters(const Image& next) {
    const auto identities = rule_identities(next);
    auto keep = identities;
    for (const auto which : {ImageSlot::active, ImageSlot::previous}) {
        auto image = slots.read(which);
        if (image && *image) keep.merge(rule_identities(**image));
    }
    return counters.add(identities, keep);
}

/// An image that is active already stays, and so does the one kept for a rollback.
Result<void> KernelBackend::State::flip(const Image& next) {
    auto active = slots.read(ImageSlot::active);
    if (active && *active && **active == next) return {};
    auto map = make_image_map(next);
    if (!map) return map.error();
    return slots.flip(map->get(), next.tag());
}

/// Loads what the plan needs for the first time, and attaches what is missing.
Result<void> KernelBackend::State::attach(const Compiled& next) {
    std::set<std::string> missing = next.plan.attach;
    for (const auto& [hook, program] : programs) missing.erase(hook);
    if (!missing.empty()) {
        auto more = Loaded::load({probe.facts, pins, config.ring_bytes}, missing);
        if (!more) return more.error();
        programs.insert(more->programs().begin(), more->programs().end());
        loaded_later.push_back(std::move(*more));
    }
    return links.add_missing(next.plan.attach);
}

Result<void> KernelBackend::State::enforce(const Compiled& next) {
    auto added = add_counters(next.image);
    if (!added) return added.error();
    auto done = attach(next);
    if (done) {
        done = flip(next.image);
        if (!done) links.undo_added();
    }
    if (!done) {
        counters.remove(*added);
        return done;
    }
    links.keep_only(next.plan.attach);
    return {};
}

/// After a failure, too: it may have left the guard with what was only looked at. What becomes of
/// this does not change what is enforced.
Result<void> KernelBackend::apply(const Compiled& next) {
    auto done = state_->enforce(next);
    if (state_->guard) {
        auto covered = state_->guard->cover();
        state_->not_covered = covered ? "" : covered.error().message();
    }
    return done;
}

Result<void> KernelBackend::remove() {
    state_->guard.reset();
    if (auto removed = Guard::remove(state_->config.bpffs_dir); !removed) return removed;
    state_->not_guarded = "enforcement has ended";
    state_->links.detach_all();
    return purge_pins(state_->config.bpffs_dir);
}

// ---- guard ----------------------------------------------------------------------------

Result<void> KernelBackend::guard() {
    const auto& config = state_->config;
    auto& why = state_->not_guarded;
    if (!config.guard) {
        why = "switched off in the configuration";
        return Guard::remove(config.bpffs_dir);
    }
    if (auto possible = Guard::check(state_->probe.facts); !possible) {
        why = possible.error().message();
        return {};
    }
    auto started = Guard::start(config);
    if (!started) {
        why = started.error().message();
        return started.error();
    }
    state_->guard = std::move(*started);
    return {};
}

GuardState KernelBackend::guard_state() const {
    if (!state_->guard) return {false, state_->not_guarded, 0, 0};
    auto guarded = state_->guard->state();
    guarded.why = state_->not_covered;
    return guarded;
}

Result<void> KernelBackend::drain_guard(const std::function<void(const sp_guard_event&)>& sink) {
    return state_->guard ? state_->guard->drain(sink) : Result<void>{};
}

// ---- reading --------------------------------------------------------------------------

const Facts& KernelBackend::facts() const {
    return state_->probe.facts;
}
const std::vector<ProbeItem>& KernelBackend::probe_items() const {
    return state_->probe.items;
}
const std::optional<Image>& KernelBackend::adopted_image() const {
    return state_->adopted;
}
int KernelBackend::event_fd() const {
    return state_->ring->descriptor();
}
std::vector<std::string> KernelBackend::attached() const {
    return state_->links.describe();
}

std::optional<std::uint64_t> KernelBackend::adopted() const {
    if (!state_->adopted) return std::nullopt;
    return state_->adopted->tag();
}

Result<std::size_t> KernelBackend::drain(const std::function<void(const sp_event&)>& sink) {
    return state_->ring->drain(sink);
}

Result<std::map<std::uint64_t, sp_counters>> KernelBackend::counters() {
    return state_->counters.read();
}

Result<Losses> KernelBackend::losses() {
    const std::uint32_t key = 0;
    auto cpus = read_per_cpu<sp_cpu_state>(state_->loaded.cpu_state(), key);
    if (!cpus) return std::move(cpus.error()).within("reading the kernel's losses");
    Losses losses;
    for (const auto& cpu : *cpus) {
        losses.sequence.push_back(cpu.sequence);
        for (std::size_t site = 0; site < SP_FAIL_MAX; ++site)
            losses.failure[site] += cpu.failure[site];
    }
    return losses;
}

} // namespace synpol
