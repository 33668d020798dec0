// SPDX-License-Identifier: Apache-2.0
#include "compiler/mutate_suggest.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/attempt_text.h"
#include "compiler/transport.h"

namespace synpol {

namespace {

constexpr std::uint64_t millisecond = 1'000'000;

SubjectExpr fact(SubjectExpr::Kind kind) {
    SubjectExpr subject;
    subject.kind = kind;
    return subject;
}

SubjectExpr with_id(SubjectExpr::Kind kind, std::uint32_t id) {
    auto subject = fact(kind);
    subject.ids = IdSet::single(id);
    return subject;
}

SubjectExpr with_path(SubjectExpr::Kind kind, const std::string& path) {
    auto subject = fact(kind);
    subject.paths = path.empty() ? PathSet::none() : PathSet::glob({path});
    return subject;
}

/// The facts that are given, joined by `and`; with the words for it.
struct Subject {
    std::vector<SubjectExpr> parts;
    std::vector<std::string> words;

    void add(SubjectExpr part, std::string text) {
        parts.push_back(std::move(part));
        words.push_back(std::move(text));
    }
    SubjectExpr joined() const {
        if (parts.empty()) return {};
        if (parts.size() == 1) return parts.front();
        auto all = fact(SubjectExpr::Kind::all_of);
        all.children = parts;
        return all;
    }
};

/// Ancestors and processes without a file are left out: where they matter, no suggestion is made.
Subject subject_of(const SubjectFacts& facts, const Placeholders::Names& names) {
    using Kind = SubjectExpr::Kind;
    Subject subject;
    if (facts.user)
        subject.add(with_id(Kind::user, *facts.user),
                    fmt::format("user {}", account_text(*facts.user, names)));
    for (const auto gid : facts.groups.value_or(std::vector<std::uint32_t>{}))
        subject.add(with_id(Kind::group, gid), fmt::format("group {}", account_text(gid, names)));
    if (facts.exe && !facts.exe->empty())
        subject.add(with_path(Kind::exe, *facts.exe), "exe " + *facts.exe);
    if (facts.cgroup)
        subject.add(with_path(Kind::cgroup, *facts.cgroup), "cgroup " + *facts.cgroup);
    return subject;
}

FlowPattern flow_of(const FlowFacts& facts) {
    FlowPattern flow = everything().flow;
    if (facts.transport) {
        const auto key = *facts.transport;
        const auto first = static_cast<std::uint16_t>(key & ~3u);
        const auto unreadable = static_cast<std::uint16_t>(first + SP_TCP_UNREADABLE);
        flow.transports = TransportSet::single(key) | TransportSet::single(unreadable);
        if (key % 4u == 0) flow.transports = TransportSet::range(first, unreadable);
    }
    if (facts.source) flow.source = AddressSet::single(*facts.source);
    if (facts.target) flow.target = AddressSet::single(*facts.target);
    const bool ports = facts.transport && transports_with_ports().contains(*facts.transport);
    if (facts.port && ports) flow.ports = PortSet::single(*facts.port);
    return flow;
}

AttemptPattern pattern_of(const Attempt& attempt, const Placeholders::Names& names) {
    AttemptPattern pattern;
    pattern.action = attempt.action;
    ObjectPattern object = everything();
    if (has_flow(attempt.action)) object.flow = flow_of(attempt.flow);
    if (attempt.action == Action::syscall) {
        const auto key = syscall_key(attempt.syscall.abi, attempt.syscall.number);
        object.syscalls = SyscallSet::single(key);
        for (std::size_t i = 0; i < argument_count; ++i)
            if (const auto value = attempt.syscall.arguments[i])
                object.arguments[i] = ArgumentSet::single(*value);
    }
    if (attempt.path) object.paths = PathSet::glob({*attempt.path});
    if (attempt.action == Action::write && attempt.member)
        object.members = WriteMembers::single(static_cast<std::uint16_t>(*attempt.member));
    if (attempt.account) object.accounts = IdSet::single(*attempt.account);
    object.peer = subject_of(attempt.peer, names).joined();
    pattern.objects = {std::move(object)};
    pattern.subject = subject_of(attempt.subject, names).joined();
    pattern.text = to_string(attempt, names);
    return pattern;
}

std::string clause_for(const Attempt& attempt, const Placeholders::Names& names) {
    const auto subject = subject_of(attempt.subject, names);
    if (subject.words.empty()) return "";
    return fmt::format(" for {}", fmt::join(subject.words, " and "));
}

/// "label" of "policy.label": what a test of the policy's own file calls the rule.
std::string label_of(const std::string& name) {
    return name.substr(name.find('.') + 1);
}

Suggestion expectation(const AttemptPattern& pattern, const std::string& subject, Outcome outcome,
                       std::vector<std::string> by, bool only) {
    Suggestion suggestion;
    std::vector<std::string> labels;
    for (const auto& name : by) labels.push_back(label_of(name));
    auto line =
        fmt::format("expect {} {}{}", name_of(outcome, pattern.action), pattern.text, subject);
    if (!by.empty()) line += fmt::format(" {}by {}", only ? "only " : "", fmt::join(labels, ", "));
    TestStep step;
    step.expectation = Expectation{outcome, pattern, std::move(by), {}, only, {}, {}};
    suggestion.test.steps = {std::move(step)};
    suggestion.lines = {std::move(line)};
    return suggestion;
}

} // namespace

std::vector<Suggestion> expectations_for(Prover& prover, const Attempt& attempt) {
    const auto decision = evaluate(prover.boxes(), attempt);
    const auto& names = prover.boxes().model.placeholders;
    const auto pattern = pattern_of(attempt, names);
    const auto subject = clause_for(attempt, names);
    std::vector<std::string> rules;
    for (const auto rule : decision.determining)
        rules.push_back(prover.boxes().model.rules[rule].name);
    std::vector<Suggestion> all = {expectation(pattern, subject, decision.verdict, {}, false)};
    for (const auto& rule : rules)
        all.push_back(expectation(pattern, subject, decision.verdict, {rule}, false));
    if (!rules.empty()) all.push_back(expectation(pattern, subject, decision.verdict, rules, true));
    return all;
}

// ---- rules that count --------------------------------------------------------------------------

namespace {

/// Repeated lines that a test may have before nobody wants to read it.
constexpr std::size_t repeated_max = 20;

class TimedScript {
  public:
    TimedScript(const Rule& rule, const Attempt& attempt, const Placeholders::Names& names)
        : rule_{rule}, attempt_{attempt}, names_{names}, pattern_{pattern_of(attempt, names)},
          subject_{clause_for(attempt, names)} {}

    /// False where there is no short way to say it.
    bool happen(std::uint64_t at_ns, std::uint64_t count) {
        if (count == 0) return true;
        if (vary(at_ns, count)) return true;
        if (count > repeated_max || needs_variety()) return false;
        for (std::uint64_t i = 0; i < count; ++i) add_attempts(at_ns, pattern_, pattern_.text);
        return true;
    }

    std::vector<Suggestion> expecting(std::uint64_t at_ns) const {
        std::vector<Suggestion> all;
        for (const auto outcome : {Outcome::deny, Outcome::kill, Outcome::audit, Outcome::pass}) {
            auto by =
                outcome == Outcome::pass ? std::vector<std::string>{} : std::vector{rule_.name};
            auto expected = expectation(pattern_, subject_, outcome, std::move(by), false);
            Suggestion suggestion = so_far_;
            suggestion.test.steps.push_back(expected.test.steps.front());
            suggestion.test.steps.back().at_ns = at_ns;
            suggestion.lines.push_back(
                fmt::format("at {} {}", time_text(at_ns), expected.lines.front()));
            all.push_back(std::move(suggestion));
        }
        return all;
    }

  private:
    bool needs_variety() const {
        return rule_.window &&
               (rule_.window->distinct || rule_.window->field != Window::Field::none);
    }
    StateKey key() const { return rule_.limit ? rule_.limit->key.key : rule_.window->key.key; }
    bool varies(StateKey field) const {
        if (needs_variety()) return rule_.window->distinct == field;
        return key() != field;
    }

    /// One line for all: a range of ports or of targets, where the rule looks at neither.
    bool vary(std::uint64_t at_ns, std::uint64_t count) {
        if (!has_flow(attempt_.action) || rule_.objects.empty()) return false;
        const auto& flow = rule_.objects.front().flow;
        if (varies(StateKey::port) && flow.ports.is_all() && count <= 60000)
            return vary_ports(at_ns, count);
        const bool target = varies(StateKey::target) && flow.target.is_all();
        return target && count <= 60000 && vary_targets(at_ns, count);
    }

    bool vary_ports(std::uint64_t at_ns, std::uint64_t count) {
        auto attempt = attempt_;
        attempt.flow.port.reset();
        auto pattern = pattern_of(attempt, names_);
        const auto last = static_cast<std::uint16_t>(count);
        pattern.objects.front().flow.ports = PortSet::range(1, last);
        add_attempts(at_ns, pattern, fmt::format("{} port 1..{}", pattern.text, last));
        return true;
    }

    bool vary_targets(std::uint64_t at_ns, std::uint64_t count) {
        auto attempt = attempt_;
        const auto port = attempt.flow.port;
        attempt.flow.target.reset();
        attempt.flow.port.reset();
        auto pattern = pattern_of(attempt, names_);
        const auto first = from_v4(0x0a000001); // 10.0.0.1
        const auto targets = AddressSet::range(first, first + count - 1);
        pattern.objects.front().flow.target = targets;
        auto text = pattern.text + " to " + range_text(first, count);
        if (port && !pattern_.objects.front().flow.ports.is_all()) {
            pattern.objects.front().flow.ports = PortSet::single(*port);
            text += fmt::format(" port {}", *port);
        }
        add_attempts(at_ns, pattern, text);
        return true;
    }

    static std::string range_text(Address first, std::uint64_t count) {
        if (count == 1) return to_string(first);
        return to_string(first) + "-" + to_string(first + count - 1);
    }

    void add_attempts(std::uint64_t at_ns, const AttemptPattern& pattern, const std::string& text) {
        TestStep step;
        step.at_ns = at_ns;
        step.attempts = pattern;
        so_far_.test.steps.push_back(std::move(step));
        so_far_.lines.push_back(fmt::format("at {} {}{}", time_text(at_ns), text, subject_));
    }

    const Rule& rule_;
    const Attempt& attempt_;
    const Placeholders::Names& names_;
    AttemptPattern pattern_;
    std::string subject_;
    Suggestion so_far_;
};

void append(std::vector<Suggestion>& all, std::vector<Suggestion> more) {
    std::move(more.begin(), more.end(), std::back_inserter(all));
}

/// `count` attempts at once, and what becomes of the next.
void try_count(TimedScript script, std::uint64_t count, std::vector<Suggestion>& all) {
    if (script.happen(0, count)) append(all, script.expecting(millisecond));
}

/// When to look at a bucket again that was emptied: a little after whole periods, because intervals
/// are rounded up, and at the token that comes last before it is full, and right before.
std::vector<std::uint64_t> instants_for(const Limit& limit) {
    const auto interval = bucket_rate(limit).interval_ns;
    const auto tokens = std::uint64_t{std::min(limit.burst, limit.tokens)};
    const auto last = (tokens * interval + millisecond - 1) / millisecond * millisecond;
    std::vector<std::uint64_t> instants;
    for (const auto periods : std::array<std::uint64_t, 4>{1, 2, 3, 5}) {
        instants.push_back(periods * limit.period_ns);
        instants.push_back(periods * limit.period_ns + millisecond);
    }
    instants.push_back(last);
    if (last > millisecond) instants.push_back(last - millisecond);
    return instants;
}

/// The bucket is emptied, filled for a while and emptied again.
void try_rate(const Rule& rule, const TimedScript& fresh, std::vector<Suggestion>& all) {
    const auto interval = bucket_rate(*rule.limit).interval_ns;
    for (const auto later : instants_for(*rule.limit)) {
        const auto refilled = std::min<std::uint64_t>(later / interval, rule.limit->burst);
        for (const auto count : {refilled - 1, refilled}) {
            if (refilled == 0) continue;
            TimedScript script = fresh;
            if (script.happen(0, rule.limit->burst) && script.happen(later, count))
                append(all, script.expecting(later));
        }
    }
}

} // namespace

std::vector<Suggestion> timed_tests_for(const Rule& rule, const Attempt& attempt,
                                        const Placeholders::Names& names) {
    std::vector<Suggestion> all;
    const TimedScript fresh{rule, attempt, names};
    const std::uint64_t threshold = rule.limit ? rule.limit->burst : rule.window->threshold;
    for (const auto count : {threshold, threshold - 1}) try_count(fresh, count, all);
    if (rule.limit) try_rate(rule, fresh, all);
    return all;
}

} // namespace synpol
