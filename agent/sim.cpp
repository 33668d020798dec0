// SPDX-License-Identifier: Apache-2.0
#include "agent/sim.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/files.h"
#include "agent/store.h"
#include "compiler/attempt_text.h"
#include "compiler/kernel_gaps.h"
#include "policy/render.h"

namespace synpol {
namespace {

using nlohmann::json;

constexpr std::uint32_t no_id = 0xffffffff; // event_row.cpp shows it as NULL
constexpr std::uint16_t no_transport = 0xffff;

Result<Attempt> attempt_from_words(const std::string& words, const std::string& as,
                                   NameService& names) {
    SourceMap sources;
    Diagnostics diagnostics;
    FileLoader loader;
    const auto pattern = parse_action(words, {loader, names, sources}, diagnostics);
    if (!pattern || diagnostics.has_errors()) {
        const auto found = diagnostics.sorted();
        return Error{fmt::format("\"{}\": {}", words,
                                 found.empty() ? "not an attempt" : found.front().message)};
    }
    auto attempt = make_attempt(*pattern);
    if (!attempt) return std::move(attempt.error()).within(words);
    if (as.empty()) return attempt;
    if (auto applied = apply_subject(as, names, *attempt); !applied) {
        return std::move(applied.error()).within(as);
    }
    return attempt;
}

template <typename T>
T take(json& object, const char* key, T otherwise) {
    const auto found = object.find(key);
    if (found == object.end()) return otherwise;
    auto value = found->get<T>();
    object.erase(found);
    return value;
}

Result<SimAttempt> from_object(json object, NameService& names) {
    SimAttempt attempt;
    attempt.time_ns = take(object, "time_ns", static_cast<std::uint64_t>(now_ns()));
    attempt.pid = take(object, "pid", std::uint32_t{0});
    attempt.tid = take(object, "tid", attempt.pid);
    attempt.comm = take(object, "comm", std::string{});
    auto read = [&]() -> Result<Attempt> {
        if (!object.contains("attempt")) return attempt_from_json(object.dump());
        const auto words = take(object, "attempt", std::string{});
        const auto as = take(object, "as", std::string{});
        if (!object.empty()) {
            return Error{
                fmt::format("unknown key \"{}\" beside \"attempt\"", object.begin().key())};
        }
        return attempt_from_words(words, as, names);
    }();
    if (!read) return std::move(read.error());
    attempt.attempt = std::move(*read);
    return attempt;
}

Address source_key(Address source, const Limit& limit) {
    const unsigned bits = is_v4(source) ? 96u + limit.key.prefix_v4 : limit.key.prefix_v6;
    return bits == 0 ? Address{0} : source & (~Address{0} << (128u - bits));
}

void fill_task(const SimAttempt& attempt, std::uint64_t cgroup, sp_event& event) {
    const auto& subject = attempt.attempt.subject;
    event.cgroup_id = cgroup;
    event.tgid = attempt.pid;
    event.tid = attempt.tid;
    event.uid = subject.user.value_or(no_id);
    event.gid = subject.groups && !subject.groups->empty() ? subject.groups->front() : no_id;
    std::strncpy(event.comm, attempt.comm.c_str(), sizeof event.comm - 1);
    if (!subject.exe) return;
    // Component by component from the file to the root, as the kernel walks.
    std::string reversed;
    std::string_view rest{*subject.exe};
    for (auto slash = rest.rfind('/'); slash != std::string_view::npos; slash = rest.rfind('/')) {
        reversed.append(rest.substr(slash + 1)).append(1, '/');
        rest = rest.substr(0, slash);
    }
    if (reversed.size() > sizeof event.exe) event.flags |= SP_EVENT_EXE_TRUNCATED;
    event.exe_length = static_cast<std::uint16_t>(std::min(reversed.size(), sizeof event.exe));
    std::memcpy(event.exe, reversed.data(), event.exe_length);
}

void fill_object(const Attempt& attempt, sp_event& event) {
    if (attempt.action == Action::syscall) {
        event.call.number = attempt.syscall.number;
        event.call.abi = static_cast<std::uint32_t>(attempt.syscall.abi);
        return;
    }
    const auto& flow = attempt.flow;
    const auto source = to_bytes(flow.source.value_or(0));
    const auto target = to_bytes(flow.target.value_or(0));
    std::copy(source.begin(), source.end(), event.flow.source);
    std::copy(target.begin(), target.end(), event.flow.target);
    event.flow.transport = flow.transport.value_or(no_transport);
    event.flow.port = flow.port.value_or(0);
    event.flow.ports_known = flow.port.has_value();
}

} // namespace

Result<SimAttempt> sim_attempt_from_json(std::string_view text, NameService& names) {
    try {
        auto object = json::parse(text);
        if (!object.is_object()) return Error{"an attempt is a JSON object"};
        return from_object(std::move(object), names);
    } catch (const json::exception& exception) {
        return Error{exception.what()};
    }
}

Result<void> SimBackend::apply(const Compiled& next) {
    active_ = std::make_unique<Compiled>(next);
    // What `best-effort` let through without a carrier is not enforced here either, and the places
    // of boxes are those of the image.
    std::erase_if(active_->boxes.boxes,
                  [&](const Box& box) { return !in_image(active_->boxes, box); });
    const ImageReader image{active_->image};
    for (std::uint32_t rule = 0; rule < active_->boxes.model.rules.size(); ++rule) {
        counters_.try_emplace(image.rule(rule).identity);
    }
    return {};
}

Result<std::size_t> SimBackend::drain(const std::function<void(const sp_event&)>& sink) {
    const auto events = std::exchange(events_, {});
    for (const auto& event : events) sink(event);
    return events.size();
}

Result<Losses> SimBackend::losses() {
    Losses losses;
    losses.sequence.push_back(sequence_);
    return losses;
}

Result<void> SimBackend::remove() {
    active_.reset();
    return {};
}

std::string SimBackend::cgroup_path(std::uint64_t id) const {
    return id == 0 || id > cgroups_.size() ? "" : cgroups_[id - 1];
}

std::uint64_t SimBackend::cgroup_id(const std::string& path) {
    const auto found = std::find(cgroups_.begin(), cgroups_.end(), path);
    if (found != cgroups_.end()) return static_cast<std::uint64_t>(found - cgroups_.begin()) + 1;
    cgroups_.push_back(path);
    return cgroups_.size();
}

void SimBackend::count(const Verdict& verdict) {
    auto& counters = counters_[ImageReader{active_->image}.rule(verdict.rule).identity];
    ++counters.matched;
    if (verdict.outcome >= Outcome::deny) ++counters.refused;
}

void SimBackend::tell(const SimAttempt& attempt, const Verdict& verdict) {
    count(verdict);
    if (active_->boxes.model.rules[verdict.rule].quiet) return;
    sp_event event{};
    event.time_ns = attempt.time_ns;
    event.sequence = ++sequence_;
    event.tag = active_->image.tag();
    event.box = verdict.box;
    event.rule = verdict.rule;
    event.area = static_cast<std::uint8_t>(verdict.area);
    event.verdict = static_cast<std::uint8_t>(verdict.outcome);
    event.carrier = SP_CARRIER_SIM;
    event.error = static_cast<std::uint16_t>(verdict.error);
    event.flags = verdict.flags;
    if (verdict.undetermined) event.flags |= SP_EVENT_UNDETERMINED;
    const auto atoms = ImageReader{active_->image}.atoms_of(attempt.attempt);
    std::copy(atoms.begin(), atoms.end(), event.atoms);
    if (attempt.attempt.action == Action::inbound) {
        event.flags |= SP_EVENT_NO_TASK;
    } else {
        const auto& cgroup = attempt.attempt.subject.cgroup;
        fill_task(attempt, cgroup ? cgroup_id(*cgroup) : 0, event);
    }
    fill_object(attempt.attempt, event);
    events_.push_back(event);
}

// GCRA, as bpf/abi.h states it: the theoretical arrival time of a bucket may be ahead of the clock
// by the tolerance; every token moves it on by one interval.
bool SimBackend::take_token(const SimAttempt& attempt, std::uint32_t rule) {
    const auto& limit = *active_->boxes.model.rules[rule].limit;
    const auto numbers = ImageReader{active_->image}.rule(rule);
    // A source that is not known shares one bucket with all others like it.
    const auto source = source_key(attempt.attempt.flow.source.value_or(0), limit);
    auto& arrival = buckets_[{numbers.identity, source}];
    const auto from = std::max(arrival, attempt.time_ns);
    if (from - attempt.time_ns > numbers.tolerance_ns) return false;
    arrival = from + numbers.interval_ns;
    return true;
}

std::vector<std::uint32_t> SimBackend::empty_buckets(const SimAttempt& attempt,
                                                     const Decision& decision) {
    std::vector<std::uint32_t> empty;
    for (const auto rule : decision.limits) {
        if (!take_token(attempt, rule)) empty.push_back(rule);
    }
    return empty;
}

SimBackend::Verdict SimBackend::limit_verdict(std::uint32_t rule) const {
    const auto& boxes = active_->boxes.boxes;
    std::uint32_t place = 0;
    for (const auto& box : boxes) {
        if (box.area != SP_AREA_LIMIT_INBOUND) continue;
        if (box.rule == rule) break;
        ++place;
    }
    const bool audit = active_->boxes.model.rules[rule].audit;
    return {SP_AREA_LIMIT_INBOUND, audit ? Outcome::audit : Outcome::deny, place, rule, 0, false,
            SP_EVENT_LIMIT};
}

void SimBackend::limit(const SimAttempt& attempt, const Decision& decision, SimOutcome& outcome) {
    for (const auto rule : empty_buckets(attempt, decision)) {
        const auto verdict = limit_verdict(rule);
        tell(attempt, verdict);
        if (verdict.outcome > outcome.verdict) {
            outcome.verdict = verdict.outcome;
            outcome.rules.clear();
            outcome.limited = true;
        }
        if (verdict.outcome == outcome.verdict) {
            outcome.rules.push_back(active_->boxes.model.rules[rule].name);
        }
    }
}

SimOutcome SimBackend::attempt(const SimAttempt& attempt) {
    SimOutcome outcome;
    if (!active_) return outcome;
    const auto decision = evaluate(active_->boxes, attempt.attempt);
    outcome.verdict = decision.verdict;
    outcome.error = decision.error;
    outcome.undetermined = decision.undetermined;
    for (const auto rule : decision.determining) {
        outcome.rules.push_back(active_->boxes.model.rules[rule].name);
    }
    if (decision.verdict != Outcome::pass) {
        const auto& boxes = active_->boxes.boxes;
        const auto& box = boxes[decision.first_box];
        const auto place = std::count_if(boxes.begin(), boxes.begin() + decision.first_box,
                                         [&](const Box& other) { return other.area == box.area; });
        tell(attempt, {box.area, decision.verdict, static_cast<std::uint32_t>(place), box.rule,
                       decision.error, decision.undetermined, 0});
    }
    if (decision.verdict < Outcome::deny) limit(attempt, decision, outcome);
    return outcome;
}

} // namespace synpol
