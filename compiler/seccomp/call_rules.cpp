// SPDX-License-Identifier: Apache-2.0
#include "compiler/seccomp/call_rules.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "compiler/dims.h"
#include "compiler/match.h"
#include "compiler/seccomp/action_calls.h"
#include "policy/syscall_fallbacks.h"

namespace synpol {

namespace {

constexpr int error_enosys = 38;

struct DimWords {
    sp_dim dim;
    std::string_view why;
};
constexpr DimWords dim_words[] = {
    {SP_DIM_USER, "it hangs on the user, which is not known"},
    {SP_DIM_GROUP, "it hangs on the groups, which are not known"},
    {SP_DIM_EXE, "it hangs on the executable, which changes"},
    {SP_DIM_CGROUP, "it hangs on the cgroup, which is not known"},
    {dim_lineage, "it hangs on the ancestors, which a filter does not see"},
};

/// What a rule answers a call with. ENOSYS where programs expect it and the rule names no error;
/// rules of `syscall` mean what they say and do not come here.
CallAction answer_of(const Rule& rule, std::string_view call) {
    if (outcome_of(rule) == Outcome::kill) return {CallAction::Kind::kill_process, 0};
    const bool falls_back = !rule.error && find_syscall_fallback(call) != nullptr;
    return CallAction::refuse(falls_back ? error_enosys : errno_of(rule));
}

CallAction answer_of(const Rule& rule) {
    switch (outcome_of(rule)) {
    case Outcome::pass:
        return {};
    case Outcome::audit:
        return {CallAction::Kind::log, 0};
    case Outcome::deny:
        return CallAction::refuse(errno_of(rule));
    case Outcome::kill:
        break;
    }
    return {CallAction::Kind::kill_process, 0};
}

bool is_everything(const BoxSet& boxes, const Box& box, sp_dim dim) {
    if (box.sets[dim] == 0) return true;
    constexpr std::uint16_t transports = 1024;
    if (dim != SP_DIM_TRANSPORT) return false;
    const auto real = TransportSet::range(0, transports - 1);
    return (real - boxes.transports[box.sets[dim]]).empty();
}

/// Nothing of its action is outside of the box, whoever acts.
bool is_whole(const BoxSet& boxes, const Box& box, Action action) {
    const auto& dims = dims_of(action);
    return std::all_of(dims.begin(), dims.end(), [&](sp_dim dim) {
        return is_subject_dim(dim) || is_everything(boxes, box, dim);
    });
}

using Key = std::pair<Abi, std::uint32_t>;

class CallRuleMaker {
  public:
    CallRuleMaker(const BoxSet& boxes, const CallRuleOptions& options)
        : boxes_{boxes}, options_{options} {}

    CallRules make() {
        find_boxes();
        for (std::size_t i = 0; i < action_count; ++i) {
            const auto action = static_cast<Action>(i);
            if (!is_packet(action)) made_.actions.push_back(look_at(action));
        }
        refuse_closed();
        add_syscall_rules();
        for (auto& [key, clauses] : clauses_) settle(key, std::move(clauses));
        for (const auto& [rule, why] : left_) made_.left.push_back({rule, why});
        return std::move(made_);
    }

  private:
    const Rule& rule_of(const Box& box) const { return boxes_.model.rules[box.rule]; }
    void leave(std::uint32_t rule, const std::string& why) { left_.try_emplace(rule, why); }

    // ---- boxes that speak of the process -------------------------------------------------------

    void find_boxes() {
        Attempt attempt;
        attempt.subject = options_.subject;
        for (const auto& box : boxes_.boxes) {
            const auto action = action_of(box.area);
            if (is_packet(action) || options_.without.contains(action)) continue;
            if (!speaks(box, attempt)) continue;
            if (stage_of(box.area) == Stage::rule)
                boxes_of_[action].push_back(&box);
            else
                leave(box.rule, "a filter does not count");
        }
    }

    /// The rule is left if its subject is not known to be this one.
    bool speaks(const Box& box, const Attempt& attempt) {
        const auto matches = match_sets(boxes_, box, attempt);
        std::string_view why;
        for (const auto& [dim, words] : dim_words) {
            if (matches[dim] == Match::no) return false;
            if (matches[dim] == Match::unknown) why = words;
        }
        if (!why.empty()) leave(box.rule, std::string{why});
        return why.empty();
    }

    // ---- actions -------------------------------------------------------------------------------

    CallCarriage look_at(Action action) {
        using Kind = CallCarriage::Kind;
        CallCarriage carriage{action, Kind::free, {}, {}, ""};
        const Box* closing = nullptr;
        for (const auto* box : boxes_of_[action]) {
            if (outcome_of(rule_of(*box)) == Outcome::pass) continue;
            const bool refuses = outcome_of(rule_of(*box)) >= Outcome::deny;
            if (!closing && refuses && is_whole(boxes_, *box, action)) closing = box;
            if (std::find(carriage.rules.begin(), carriage.rules.end(), box->rule) ==
                carriage.rules.end())
                carriage.rules.push_back(box->rule);
        }
        std::sort(carriage.rules.begin(), carriage.rules.end());
        if (carriage.rules.empty()) return carriage;
        carriage.kind = action == Action::syscall ? Kind::exact : Kind::elsewhere;
        if (closing && action != Action::syscall) closing_[action] = closing;
        return carriage;
    }

    bool is_closed(const std::set<Action>& actions) const {
        return std::all_of(actions.begin(), actions.end(),
                           [this](Action action) { return closing_.contains(action); });
    }

    void refuse_closed() {
        for (const auto& call : action_calls()) {
            if (!is_closed(call.actions)) continue;
            for (const Action action : call.actions) {
                const auto answer = answer_of(rule_of(*closing_.at(action)), call.name);
                clauses_[{call.abi, call.number}].push_back({call.arguments, answer});
                note_closed(action, call.name);
            }
        }
        for (auto& carriage : made_.actions) leave_open(carriage);
    }

    void note_closed(Action action, std::string_view call) {
        for (auto& carriage : made_.actions) {
            if (carriage.action != action) continue;
            carriage.kind = CallCarriage::Kind::closed;
            carriage.open = open_although_closed(action);
            auto& calls = carriage.calls;
            if (std::find(calls.begin(), calls.end(), call) == calls.end())
                calls.emplace_back(call);
        }
    }

    void leave_open(const CallCarriage& carriage) {
        if (carriage.kind != CallCarriage::Kind::elsewhere) return;
        const auto why =
            closing_.contains(carriage.action)
                ? fmt::format("the calls of {} serve other actions, too", name_of(carriage.action))
                : fmt::format("system calls do not show which {} it is", name_of(carriage.action));
        for (const auto rule : carriage.rules) leave(rule, why);
    }

    // ---- rules of `syscall` --------------------------------------------------------------------

    SyscallSet calls_of(const Box& box) const {
        const auto set = box.sets[SP_DIM_SYSCALL];
        return set == 0 ? all_syscalls() : boxes_.syscalls[set] & all_syscalls();
    }

    ArgumentPattern arguments_of(const Box& box) const {
        auto pattern = any_arguments();
        for (std::size_t i = 0; i < argument_count; ++i)
            if (const auto set = box.sets[argument_dim(i)]; set != 0)
                pattern[i] = boxes_.arguments[set];
        return pattern;
    }

    void add_syscall_rules() {
        for (const auto* box : boxes_of_[Action::syscall]) {
            const CallClause clause{arguments_of(*box), answer_of(rule_of(*box))};
            const auto calls = calls_of(*box);
            for (const auto& [first, last] : calls.intervals())
                for (std::uint32_t key = first; key <= last; ++key)
                    clauses_[{static_cast<Abi>(key / syscalls_per_abi), key % syscalls_per_abi}]
                        .push_back(clause);
        }
    }

    // ---- together ------------------------------------------------------------------------------

    /// The strongest answer first, then the smallest errno: the first that holds is what the rules
    /// decide. What comes after one for every argument never counts.
    void settle(const Key& key, std::vector<CallClause> clauses) {
        std::stable_sort(clauses.begin(), clauses.end(), [](const auto& a, const auto& b) {
            if (a.action.kind != b.action.kind) return a.action.kind > b.action.kind;
            return a.action.data < b.action.data;
        });
        CallDecision decision;
        for (auto& clause : clauses) {
            if (clause.arguments == any_arguments()) {
                decision.otherwise = clause.action;
                break;
            }
            decision.clauses.push_back(std::move(clause));
        }
        while (!decision.clauses.empty() && decision.clauses.back().action == decision.otherwise)
            decision.clauses.pop_back();
        made_.policy.set(key.first, key.second, std::move(decision));
    }

    const BoxSet& boxes_;
    const CallRuleOptions& options_;
    CallRules made_;
    std::map<Action, std::vector<const Box*>> boxes_of_;
    std::map<Action, const Box*> closing_; ///< the strongest box that is the whole action
    std::map<Key, std::vector<CallClause>> clauses_;
    std::map<std::uint32_t, std::string> left_;
};

} // namespace

CallRules call_policy(const BoxSet& boxes, const CallRuleOptions& options) {
    return CallRuleMaker{boxes, options}.make();
}

} // namespace synpol
