// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/attach.h"

#include <cerrno>
#include <cstdio>

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include "agent/kernel/program_code.h"

namespace synpol {
namespace {

std::string name_of(const AttachPoint& point) {
    return point.interface.empty() ? point.hook : point.hook + " on " + point.interface;
}

AttachPoint point_of_pin(std::string name) {
    if (name.ends_with(replacing_suffix)) name.resize(name.size() - replacing_suffix.size());
    return parse_link_pin_name(name);
}

} // namespace

AttachRequest Links::request(const AttachPoint& point) const {
    return {point, programs_.at(point.hook), options_};
}

// ---- adopting -------------------------------------------------------------------------

std::set<std::string> Links::pinned_hooks(const PinFolder& pins) {
    std::set<std::string> hooks;
    for (const auto& name : pins.links()) hooks.insert(point_of_pin(name).hook);
    return hooks;
}

Result<void> Links::adopt() {
    // Names in order: "x" comes before "x%new", which then takes its place.
    for (const auto& name : pins_.links())
        if (auto adopted = adopt_pin(name); !adopted)
            return std::move(adopted.error()).within(fmt::format("adopting link {}", name));
    for (auto& [point, link] : links_)
        if (auto renewed = renew(point, link); !renewed)
            return std::move(renewed.error()).within("renewing " + name_of(point));
    return {};
}

Result<void> Links::adopt_pin(const std::string& name) {
    Link link{Descriptor{bpf_obj_get(pins_.link_path(name).c_str())}, name};
    if (!link.descriptor) return Error::from_errno("opening its pin", errno);
    if (auto info = link_info(link.descriptor.get()); !info) return info.error(); // no link at all
    replace(point_of_pin(name), std::move(link));
    return {};
}

Result<void> Links::renew(const AttachPoint& point, Link& link) {
    const auto program = programs_.find(point.hook);
    if (program == programs_.end()) return {}; // the next apply detaches it
    const auto now = linked_fingerprint(link.descriptor.get());
    const auto wanted = code_fingerprint(program->second.descriptor);
    if (!wanted) return wanted.error();
    if (now && *now == *wanted) return {};
    if (find_attach_kind(point.hook)->updates_in_place) {
        if (bpf_link_update(link.descriptor.get(), program->second.descriptor, nullptr) == 0)
            return {};
        // ENOLINK: its interface or cgroup is gone, there is nothing to update.
        return errno == ENOLINK ? Result<void>{} : Error::from_errno("updating its program", errno);
    }
    auto fresh = make(point);
    if (!fresh) return fresh.error();
    replace(point, std::move(*fresh));
    return {};
}

// ---- one apply ------------------------------------------------------------------------

Result<std::set<AttachPoint>> Links::points_of(const std::set<std::string>& hooks) const {
    std::set<AttachPoint> points;
    for (const auto& hook : hooks) {
        if (!programs_.contains(hook))
            return Error{fmt::format("no program for {} is loaded in this kernel", hook)};
        if (!find_attach_kind(hook)->is_per_interface) {
            points.insert({hook, {}});
            continue;
        }
        // Nothing to attach to would be rules that nobody enforces, and nobody told.
        if (options_.interfaces.empty())
            return Error{"the policy has rules about packets, but no interface is configured"}
                .with_help("list the interfaces to watch under `interfaces` in the configuration");
        for (const auto& interface : options_.interfaces) points.insert({hook, interface});
    }
    return points;
}

bool Links::is_attached(const AttachPoint& point) const {
    const auto found = links_.find(point);
    if (found == links_.end()) return false;
    const auto info = link_info(found->second.descriptor.get());
    return info && find_attach_kind(point.hook)->fits(*info, request(point));
}

Result<Links::Link> Links::make(const AttachPoint& point) {
    auto attached = find_attach_kind(point.hook)->attach(request(point));
    if (!attached) return attached.error();
    Link link{std::move(*attached), link_pin_name(point)};
    if (links_.contains(point)) link.pin += replacing_suffix;
    if (bpf_obj_pin(link.descriptor.get(), pins_.link_path(link.pin).c_str()) != 0)
        return Error::from_errno(fmt::format("pinning link {}", link.pin), errno);
    return link;
}

Result<void> Links::add(const AttachPoint& point) {
    auto link = make(point);
    if (!link) return std::move(link.error()).within("attaching " + name_of(point));
    added_.emplace(point, std::move(*link));
    return {};
}

Result<void> Links::add_missing(const std::set<std::string>& hooks) {
    auto points = points_of(hooks);
    if (!points) return points.error();
    for (const auto& point : *points) {
        if (is_attached(point)) continue;
        if (auto added = add(point); !added) {
            undo_added();
            return added;
        }
    }
    return {};
}

void Links::undo_added() {
    for (auto& [point, link] : added_) detach(link);
    added_.clear();
}

void Links::keep_only(const std::set<std::string>& hooks) {
    for (auto& [point, link] : added_) replace(point, std::move(link));
    added_.clear();
    const auto needed = points_of(hooks);
    for (auto link = links_.begin(); link != links_.end();) {
        if (!needed || needed->contains(link->first)) {
            ++link;
        } else {
            detach(link->second);
            link = links_.erase(link);
        }
    }
}

// ---- single links ---------------------------------------------------------------------

/// The new link is attached already; it takes the name of the one that was there.
void Links::replace(const AttachPoint& point, Link link) {
    const auto name = link_pin_name(point);
    const auto old = links_.find(point);
    if (old != links_.end()) detach(old->second);
    if (link.pin != name &&
        std::rename(pins_.link_path(link.pin).c_str(), pins_.link_path(name).c_str()) == 0)
        link.pin = name;
    links_.insert_or_assign(point, std::move(link));
}

void Links::detach(Link& link) {
    // Tracing and LSM links know no detach; they end with their pin and descriptor, whoever holds
    // it.
    bpf_link_detach(link.descriptor.get());
    ::unlink(pins_.link_path(link.pin).c_str());
    link.descriptor = Descriptor{};
}

void Links::detach_all() {
    undo_added();
    for (auto& [point, link] : links_) detach(link);
    links_.clear();
}

std::vector<std::string> Links::describe() const {
    std::vector<std::string> lines;
    for (const auto& [point, link] : links_) {
        const auto* kind = find_attach_kind(point.hook);
        const auto info = link_info(link.descriptor.get());
        lines.push_back(kind != nullptr && info ? kind->describe(point, *info) : name_of(point));
    }
    return lines;
}

} // namespace synpol
