// SPDX-License-Identifier: Apache-2.0
// The plan: each rule meets its rows of the carrier table. One error per rule and cause, at the
// rule's object; what a carrier leaves open is a warning or a note, so that no weakness is silent.
#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/carriers.h"
#include "compiler/kernel_gaps.h"
#include "compiler/syscall_hooks.h"
#include "compiler/tsv.h"
#include "policy/codes.h"

namespace synpol {

namespace {

/// Keep the cached subject of a task true when it runs another file or makes a child.
constexpr std::string_view subject_tracepoints[] = {"tp_btf/sched_process_exec",
                                                    "tp_btf/sched_process_fork"};

/// The part of a rule's region that decides about carriers.
struct Region {
    SyscallSet calls;
    TransportSet transports;
    WriteMembers members;
    bool subject = false; ///< some box asks who acts
    bool empty = true;
    bool in_image = false;      ///< some box is
    std::set<std::string> gaps; ///< what the kernel side does not do yet
};

bool asks_subject(const Box& box) {
    return std::any_of(box.sets.begin(), box.sets.begin() + SP_SUBJECT_DIMS,
                       [](SetIndex set) { return set != 0; });
}

std::vector<Region> regions_of(const BoxSet& boxes) {
    std::vector<Region> regions(boxes.model.rules.size());
    for (const Box& box : boxes.boxes) {
        auto& region = regions.at(box.rule);
        const auto calls = box.sets[SP_DIM_SYSCALL];
        const auto transports = box.sets[SP_DIM_TRANSPORT];
        const auto members = box.sets[dim_member];
        region.empty = false;
        region.in_image = region.in_image || in_image(boxes, box);
        for (auto& gap : kernel_gaps(boxes, box)) region.gaps.insert(std::move(gap.why));
        region.subject = region.subject || asks_subject(box);
        region.calls = region.calls | (calls == 0 ? all_syscalls() : boxes.syscalls.at(calls));
        region.members =
            region.members | (members == 0 ? all_write_members() : boxes.members.at(members));
        region.transports = region.transports | (transports == 0 ? TransportSet::all()
                                                                 : boxes.transports.at(transports));
    }
    return regions;
}

/// What the hooks of a kernel can do about a set of calls. Groups are by reason.
struct Reach {
    std::set<std::string> hooks;
    std::map<std::string, SyscallSet> gaps;
    std::map<std::string, SyscallSet> impossible;
    SyscallSet existing; ///< the calls that there are at all
};

/// Per key, once: rules ask again and again.
std::vector<Refusal> refusals_on(const Facts& facts) {
    std::vector<Refusal> refusals;
    for (std::uint32_t key = 0; key < syscall_keys; ++key) {
        const auto abi = static_cast<Abi>(key / syscalls_per_abi);
        refusals.push_back(refuse_call(abi, key % syscalls_per_abi, facts.lsm_hooks));
    }
    return refusals;
}

Reach reach_of(const SyscallSet& calls, const std::vector<Refusal>& refusals) {
    Reach reach;
    const auto keys = calls & all_syscalls();
    for (const auto& [first, last] : keys.intervals()) {
        for (std::uint32_t key = first; key <= last; ++key) {
            const auto& refusal = refusals.at(key);
            if (refusal.kind == Refusal::Kind::nothing) continue;
            const auto single = SyscallSet::single(static_cast<std::uint16_t>(key));
            reach.existing = reach.existing | single;
            reach.hooks.insert(refusal.hooks.begin(), refusal.hooks.end());
            if (refusal.kind == Refusal::Kind::full) continue;
            auto& group = refusal.kind == Refusal::Kind::gaps ? reach.gaps : reach.impossible;
            group[refusal.why] = group[refusal.why] | single;
        }
    }
    return reach;
}

std::vector<std::string> names_in(const SyscallSet& calls) {
    return SyscallTable::instance().describe(calls);
}

/// "a, b, c and 9 more".
std::string first_few(const std::vector<std::string>& names) {
    constexpr std::size_t shown = 8;
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), shown));
    auto text = fmt::format("{}", fmt::join(names.begin(), end, ", "));
    if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
    return text;
}

SyscallSet union_of(const std::map<std::string, SyscallSet>& groups) {
    SyscallSet all;
    for (const auto& [why, calls] : groups) all = all | calls;
    return all;
}

void add_reasons(Diagnostic& diagnostic, const std::map<std::string, SyscallSet>& groups) {
    for (const auto& [why, calls] : groups) {
        diagnostic.notes.push_back(fmt::format("{}: {}", why, first_few(names_in(calls))));
    }
}

/// "system call setsid" or "3 of the 12 system calls".
std::string counted(const std::vector<std::string>& some, const SyscallSet& of_all) {
    const auto total = names_in(of_all).size();
    if (some.size() == 1) return fmt::format("the system call {}", some.front());
    if (some.size() == total) return fmt::format("these {} system calls", total);
    return fmt::format("{} of the {} system calls", some.size(), total);
}

class Planner {
  public:
    Planner(const BoxSet& boxes, const Facts& facts, Diagnostics& diagnostics)
        : boxes_{boxes}, facts_{facts}, diagnostics_{diagnostics} {}

    Plan run() && {
        const auto regions = regions_of(boxes_);
        for (std::uint32_t index = 0; index < regions.size(); ++index) {
            if (!regions[index].empty) place(index, regions[index]);
        }
        for (const auto& placement : plan_.placements) {
            plan_.attach.insert(placement.attach.begin(), placement.attach.end());
        }
        return std::move(plan_);
    }

  private:
    const Rule& rule(std::uint32_t index) const { return boxes_.model.rules.at(index); }

    void place(std::uint32_t index, const Region& region) {
        if (!region.gaps.empty()) report_gaps(index, region.gaps);
        if (!region.in_image || (!region.gaps.empty() && !rule(index).best_effort)) return;
        if (region.subject && !follow_subjects(index)) return;
        if (!transports_are_seen(index, region)) return;
        for (const auto& row : carrier_rows()) {
            if (row.action != rule(index).action || row.outcome != outcome_of(rule(index)))
                continue;
            if (row.attach == attach_by_call ? !place_by_call(index, row, region)
                                             : !place_fixed(index, row, region)) {
                return;
            }
        }
    }

    /// All of a rule in one report.
    void report_gaps(std::uint32_t index, const std::set<std::string>& gaps) {
        auto& diagnostic = refuse(rule(index), *gaps.begin(), "");
        diagnostic.notes.insert(diagnostic.notes.end(), std::next(gaps.begin()), gaps.end());
        if (!rule(index).best_effort)
            diagnostic.helps.emplace_back(
                "`best-effort` lets the rule through, and `synpol status` shows the gap");
        leave_open(index, fmt::format("{}", fmt::join(gaps, "; ")));
    }

    /// What `best-effort` lets through is shown as a placement that enforces nothing.
    void leave_open(std::uint32_t index, std::string_view why) {
        if (!rule(index).best_effort) return;
        plan_.placements.push_back({index, SP_CARRIER_TEST, Strength::none, {}, std::string{why}});
    }

    bool follow_subjects(std::uint32_t index) {
        if (!facts_.sched_tracepoints) {
            constexpr std::string_view why = "programs that start others cannot be followed";
            refuse(rule(index), why, facts_.sched_why);
            leave_open(index, why);
            return false;
        }
        plan_.attach.insert(std::begin(subject_tracepoints), std::end(subject_tracepoints));
        return true;
    }

    /// Sockets of other protocols send without passing any of the programs for `connect` and
    /// `bind`.
    bool transports_are_seen(std::uint32_t index, const Region& region) {
        static constexpr std::uint8_t seen[] = {6, 17, 136};
        const Action action = rule(index).action;
        if (action != Action::connect && action != Action::bind) return true;
        const auto overlaps = [&](std::uint32_t protocol) {
            const auto first = static_cast<std::uint16_t>(sp_transport_key(protocol, 0));
            const auto keys = TransportSet::range(first, static_cast<std::uint16_t>(first + 3));
            return !(keys & region.transports).empty();
        };
        if (std::any_of(std::begin(seen), std::end(seen), overlaps)) return true;
        constexpr std::string_view why = "only sockets of TCP, UDP and UDP-Lite are seen";
        refuse(rule(index), why, "");
        leave_open(index, why);
        return false;
    }

    /// Whether planning this rule goes on: not after an error.
    bool place_fixed(std::uint32_t index, const CarrierRow& row, const Region& region) {
        auto use = use_of(row, facts_, region.members);
        if (use.why_not) return leave_out(index, row, *use.why_not);
        add(index, row, std::move(use.attach), row.required ? row.remark : "");
        return true;
    }

    bool place_by_call(std::uint32_t index, const CarrierRow& row, const Region& region) {
        if (const auto why_not = use_of(row, facts_).why_not)
            return leave_out(index, row, *why_not);
        const auto& reach = cached_reach(region.calls);
        if (row.required && !check_reach(rule(index), row, reach)) {
            leave_open(index, "some of its system calls cannot be refused");
            if (!rule(index).best_effort) return false;
        }
        std::vector<std::string> attach;
        for (const auto& hook : reach.hooks) attach.push_back("lsm/" + hook);
        auto remark = remark_of(row, reach);
        if (!attach.empty()) {
            add(index, row, std::move(attach), std::move(remark));
        } else if (!remark.empty() && !plan_.placements.empty()) {
            plan_.placements.back().remark = std::move(remark);
        }
        return true;
    }

    /// Thousands of rules may share a few sets of calls.
    const Reach& cached_reach(const SyscallSet& calls) {
        std::vector<std::uint32_t> bounds;
        for (const auto& [first, last] : calls.intervals())
            bounds.push_back(std::uint32_t{first} << 16 | last);
        const auto [entry, added] = reaches_.try_emplace(std::move(bounds));
        if (refusals_.empty()) refusals_ = refusals_on(facts_);
        if (added) entry->second = reach_of(calls, refusals_);
        return entry->second;
    }

    std::string remark_of(const CarrierRow& row, const Reach& reach) const {
        const auto open = union_of(reach.gaps) | union_of(reach.impossible);
        if (open.empty()) return {};
        if (row.required) return fmt::format("not every variant of {}", first_few(names_in(open)));
        return fmt::format("{}: {}", row.remark, first_few(names_in(open)));
    }

    /// For a rule that must refuse: an error for calls that cannot be, a warning for those with
    /// gaps.
    bool check_reach(const Rule& rule, const CarrierRow& row, const Reach& reach) {
        if (!reach.impossible.empty()) {
            report_impossible(rule, row, reach);
            return false;
        }
        if (reach.gaps.empty()) return true;
        const auto names = names_in(union_of(reach.gaps));
        auto& warning = diagnostics_.warning(
            Code::weak_enforcement, rule.object_span,
            fmt::format("not every variant of {} is refused", counted(names, reach.existing)),
            first_few(names));
        add_reasons(warning, reach.gaps);
        warning.helps.push_back("`kill` acts at entry, on every variant");
        return true;
    }

    void report_impossible(const Rule& rule, const CarrierRow& row, const Reach& reach) {
        const auto bad = union_of(reach.impossible);
        const auto names = names_in(bad);
        auto& error =
            weak(rule, fmt::format("{} cannot be refused", counted(names, reach.existing)),
                 first_few(names));
        add_reasons(error, reach.impossible);
        error.helps.push_back(std::string{row.help});
        if (rule.kind == RuleKind::only) {
            error.helps.push_back("or add them to the set of the fence");
        } else if (!(reach.existing - bad).empty() && names.size() <= 8) {
            error.helps.push_back(
                fmt::format("or leave them out: - {{{}}}", fmt::join(names, ", ")));
        }
    }

    bool leave_out(std::uint32_t index, const CarrierRow& row, const std::string& why_not) {
        if (row.required) {
            replace(index, row, why_not);
            return false;
        }
        if (row.remark.empty()) return true;
        plan_.placements.back().remark = row.remark;
        auto& note = diagnostics_.note(Code::weak_enforcement, rule(index).object_span,
                                       std::string{row.remark}, why_not);
        add_why(note, facts_.*carrier_fact(row.carrier).why);
        return true;
    }

    /// Without a required row: the whole rule by a fallback, or an error.
    void replace(std::uint32_t index, const CarrierRow& row, const std::string& why_not) {
        const auto* instead = fallback_of(row, facts_);
        if (instead != nullptr && instead->remark.empty())
            return add(index, *instead, use_of(*instead, facts_).attach, "");
        auto& error = refuse(rule(index), why_not, facts_.*carrier_fact(row.carrier).why);
        if (!row.help.empty()) error.helps.emplace_back(row.help);
        if (instead == nullptr) return leave_open(index, why_not);
        if (rule(index).best_effort)
            return add(index, *instead, use_of(*instead, facts_).attach, instead->remark);
        error.helps.push_back(fmt::format("`best-effort` makes do with {}: {}",
                                          carrier_fact(instead->carrier).name, instead->remark));
    }

    static void add_why(Diagnostic& diagnostic, const std::string& why) {
        if (!why.empty()) diagnostic.notes.push_back(why);
    }

    /// An error, or what `best-effort` makes of it.
    Diagnostic& weak(const Rule& rule, std::string message, std::string label = {}) {
        const auto severity = rule.best_effort ? Severity::note : Severity::error;
        return diagnostics_.add(make_diagnostic(severity, Code::weak_enforcement, rule.object_span,
                                                std::move(message), std::move(label)));
    }

    Diagnostic& refuse(const Rule& rule, std::string_view why_not, const std::string& why) {
        auto& error = weak(rule, fmt::format("`{} {}` cannot be {}: {}", name_of(rule.kind),
                                             name_of(rule.action),
                                             rule.audit ? "recorded" : "enforced", why_not));
        add_why(error, why);
        return error;
    }

    void add(std::uint32_t index, const CarrierRow& row, std::vector<std::string> attach,
             std::string_view remark) {
        plan_.placements.push_back(
            {index, row.carrier, row.strength, std::move(attach), std::string{remark}});
    }

    const BoxSet& boxes_;
    const Facts& facts_;
    Diagnostics& diagnostics_;
    Plan plan_;
    std::vector<Refusal> refusals_; ///< by key; made when first needed
    std::map<std::vector<std::uint32_t>, Reach> reaches_;
};

} // namespace

Plan plan_enforcement(const BoxSet& boxes, const Facts& facts, Diagnostics& diagnostics) {
    return Planner{boxes, facts, diagnostics}.run();
}

} // namespace synpol
