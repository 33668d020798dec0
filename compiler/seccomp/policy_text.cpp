// SPDX-License-Identifier: Apache-2.0
// One rule for what is answered by default, one for each other answer that does not depend on
// arguments, one for each call whose answer does.
#include "compiler/seccomp/policy_text.h"

#include <errno.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/seccomp/condition_text.h"
#include "policy/errno_names.h"
#include "policy/syscall_arguments.h"

namespace synpol {

namespace {

using Kind = CallAction::Kind;
constexpr Abi abis[] = {Abi::x86_64, Abi::i386, Abi::x32};
constexpr CallAction allow{};

/// One rule about one call: an answer where a condition holds, "" for always.
struct Statement {
    CallAction action;
    std::string where;

    auto operator<=>(const Statement&) const = default;
};
using Statements = std::vector<Statement>;

CallAction sayable(const CallAction& action) {
    switch (action.kind) {
    case Kind::trap:
    case Kind::kill_thread:
        return {Kind::kill_process, 0};
    case Kind::trace:
    case Kind::notify:
        return CallAction::refuse(EPERM);
    case Kind::error:
        return errno_name(action.data) ? action : CallAction::refuse(EPERM);
    default:
        return action;
    }
}

std::string verb_of(const CallAction& action) {
    if (action.kind == Kind::kill_process) return "kill";
    return action.kind == Kind::log ? "audit deny" : "deny";
}

std::string error_of(const CallAction& action) {
    if (action.kind != Kind::error || action.data == EPERM) return "";
    return fmt::format(" with {}", *errno_name(action.data));
}

std::string label_of(const CallAction& action) {
    if (action.kind == Kind::error) return fmt::format("answered-{}", *errno_name(action.data));
    return action.kind == Kind::log ? "recorded" : "killed";
}

std::string set_text(const std::vector<std::string>& names) {
    return fmt::format("{{ {} }}", fmt::join(names, ", "));
}

/// As the language writes it: a bare name begins with a letter.
std::string written_name(const std::string& call) {
    return call.front() == '_' ? fmt::format("\"{}\"", call) : call;
}

class PolicyWriter {
  public:
    PolicyWriter(const CallPolicy& policy, std::string_view name, std::string_view title)
        : policy_{policy} {
        text_ = fmt::format("syn 1\n\npolicy {} \"{}\"\n\n", name, title);
    }

    Result<PolicyText> run() {
        make_sayable();
        if (auto found = find_default(); !found) return std::move(found.error());
        close_abis();
        for (const auto name : SyscallTable::instance().names()) look_at(std::string{name});
        check_unnamed();
        write_default();
        write_constants();
        for (const auto& line : conditional_) text_ += line + "\n";
        return PolicyText{text_, said_, {unsaid_.begin(), unsaid_.end()}};
    }

  private:
    void say(std::string line) { unsaid_.insert(std::move(line)); }

    // ---- what rules can answer -----------------------------------------------------------------

    void make_sayable() {
        said_ = policy_;
        if (policy_.foreign.kind != Kind::kill_process)
            say("other architectures are ended, whatever the profile says");
        said_.foreign = {Kind::kill_process, 0};
        for (const Abi abi : abis)
            for (std::uint32_t number = 0; number < syscalls_per_abi; ++number) {
                auto decision = policy_.at(abi, number);
                change(decision.otherwise);
                for (auto& clause : decision.clauses) change(clause.action);
                said_.set(abi, number, std::move(decision));
            }
    }
    void change(CallAction& action) {
        const auto instead = sayable(action);
        if (instead == action) return;
        say(fmt::format("\"{}\" becomes \"{}\"", to_string(action), to_string(instead)));
        action = instead;
    }

    // ---- ABIs ----------------------------------------------------------------------------------

    std::optional<CallAction> constant_of(Abi abi) const {
        const auto& first = said_.at(abi, 0);
        for (std::uint32_t number = 0; number < syscalls_per_abi; ++number)
            if (said_.at(abi, number) != first) return std::nullopt;
        return first.is_constant() ? std::optional{first.otherwise} : std::nullopt;
    }

    /// Of the ABIs that are not answered as a whole. One that is counts as one of them where it is
    /// answered as they are.
    Result<void> find_default() {
        std::optional<CallAction> found;
        for (const Abi abi : abis) {
            const auto& unknown = said_.at(abi, syscall_unknown);
            if (constant_of(abi)) continue;
            if (!unknown.is_constant() || (found && *found != unknown.otherwise))
                return Error{"unknown calls are answered in several ways, which rules cannot say"};
            found = unknown.otherwise;
        }
        default_ = found.value_or(allow);
        for (const Abi abi : abis) {
            const auto constant = constant_of(abi);
            if (!constant || *constant == default_) {
                open_.push_back(abi);
            } else if (constant->kind <= default_.kind) {
                return Error{fmt::format("{} is answered with {} where others are with {}, which "
                                         "rules cannot say",
                                         name_of(abi), to_string(*constant), to_string(default_))};
            }
        }
        return {};
    }

    void close_abis() {
        for (const Abi abi : abis) {
            const auto constant = constant_of(abi);
            if (std::find(open_.begin(), open_.end(), abi) != open_.end()) continue;
            text_ += fmt::format("no-{}: {} syscall any where abi == {}{}\n", label(name_of(abi)),
                                 verb_of(*constant), name_of(abi), error_of(*constant));
        }
    }
    static std::string label_of_call(std::string_view name) {
        return label(name.starts_with('_') ? name.substr(1) : name);
    }
    static std::string label(std::string_view name) {
        std::string text{name};
        std::replace(text.begin(), text.end(), '_', '-');
        return text;
    }

    // ---- calls ---------------------------------------------------------------------------------

    void look_at(const std::string& name) {
        std::map<Abi, Statements> by_abi;
        bool is_excepted = false;
        for (const Abi abi : open_) {
            const auto number = SyscallTable::instance().number(abi, name);
            if (!number) continue;
            by_abi[abi] = statements(abi, *number, name);
            const auto& decision = said_.at(abi, *number);
            is_excepted = is_excepted || decision != CallDecision{default_};
        }
        if (!is_excepted) return;
        excepted_.push_back(written_name(name));
        const auto& first = by_abi.begin()->second;
        const bool agree = std::all_of(by_abi.begin(), by_abi.end(),
                                       [&first](const auto& row) { return row.second == first; });
        if (agree) return add(name, first, "");
        for (const auto& [abi, found] : by_abi)
            add(name, found, fmt::format("abi == {}", name_of(abi)));
    }

    void add(const std::string& name, const Statements& statements, const std::string& abi) {
        for (const auto& [action, where] : statements) {
            if (where.empty()) {
                constants_[{action, abi}].push_back(written_name(name));
                continue;
            }
            const auto joint = abi.empty() ? "" : " and ";
            conditional_.push_back(fmt::format(
                "{}-{}: {} syscall {} where {}{}{}{}", label_of_call(name), ++labels_[name],
                verb_of(action), written_name(name), abi, joint, where, error_of(action)));
        }
    }

    /// The rules that refuse what the decision refuses.
    Statements statements(Abi abi, std::uint32_t number, const std::string& name) {
        const auto& decision = said_.at(abi, number);
        if (decision.is_constant()) return always(decision.otherwise);
        auto found = decision.otherwise == allow ? of_refusals(decision, abi, number, name)
                                                 : of_permissions(decision, abi, number, name);
        if (found) return *found;
        auto strictest = decision.otherwise;
        for (const auto& clause : decision.clauses) strictest = std::max(strictest, clause.action);
        say(fmt::format("{} depends on its arguments in a way that rules cannot say: always {}",
                        name, to_string(strictest)));
        said_.set(abi, number, strictest);
        return always(strictest);
    }
    static Statements always(const CallAction& action) {
        return action == allow ? Statements{} : Statements{{action, ""}};
    }

    /// Clauses refuse, the rest passes.
    std::optional<Statements> of_refusals(const CallDecision& decision, Abi abi,
                                          std::uint32_t number, const std::string& name) const {
        Statements found;
        for (const auto& clause : decision.clauses) {
            if (clause.action != decision.clauses.front().action) return std::nullopt;
            std::vector<std::string> parts;
            for (std::size_t i = 0; i < argument_count; ++i) {
                if (clause.arguments[i].is_all()) continue;
                auto part = condition(clause.arguments[i], i, abi, number, name);
                if (!part) return std::nullopt;
                parts.push_back(std::move(*part));
            }
            found.push_back({clause.action, fmt::format("{}", fmt::join(parts, " and "))});
        }
        return found;
    }

    /// Clauses permit, the rest is refused: what is outside of all of them. That is short for
    /// clauses about one argument, and for one clause about several.
    std::optional<Statements> of_permissions(const CallDecision& decision, Abi abi,
                                             std::uint32_t number, const std::string& name) const {
        std::map<std::size_t, ArgumentSet> permitted;
        for (const auto& clause : decision.clauses) {
            if (clause.action != allow) return std::nullopt;
            for (std::size_t i = 0; i < argument_count; ++i)
                if (!clause.arguments[i].is_all())
                    permitted[i] = permitted[i] | clause.arguments[i];
        }
        if (permitted.size() > 1 && decision.clauses.size() > 1) return std::nullopt;
        Statements found;
        for (const auto& [argument, set] : permitted) {
            auto part = condition(set.complement(), argument, abi, number, name);
            if (!part) return std::nullopt;
            found.push_back({decision.otherwise, std::move(*part)});
        }
        return found;
    }

    static std::optional<std::string> condition(const ArgumentSet& set, std::size_t argument,
                                                Abi abi, std::uint32_t number,
                                                const std::string& name) {
        const auto& known = arguments_of(abi, number);
        const auto row = std::find_if(known.begin(), known.end(), [argument](const auto& found) {
            return found.index == argument;
        });
        if (row == known.end() || row->is_pointer) return std::nullopt;
        return condition_text(set, *row, name, abi);
    }

    /// Numbers without a name cannot be excepted from the default.
    void check_unnamed() {
        for (const Abi abi : open_)
            for (std::uint32_t number = 0; number < syscalls_per_abi; ++number) {
                if (SyscallTable::instance().name(abi, number)) continue;
                if (said_.at(abi, number) == CallDecision{default_}) continue;
                say(fmt::format("{} call {} has no name: always {}", name_of(abi), number,
                                to_string(default_)));
                said_.set(abi, number, default_);
            }
    }

    // ---- the text ------------------------------------------------------------------------------

    void write_default() {
        if (default_ == allow) return;
        const auto names = excepted_.empty() ? std::string{"none"} : "known";
        if (!excepted_.empty())
            text_ += fmt::format("syscalls known = {}\n\n", set_text(excepted_));
        if (default_.kind == Kind::error)
            text_ += fmt::format("calls: only syscall {}{}\n", names, error_of(default_));
        else
            text_ += fmt::format("calls: {} syscall any - {}\n", verb_of(default_), names);
    }

    void write_constants() {
        std::map<std::string, int> used;
        for (const auto& [key, names] : constants_) {
            const auto& [action, abi] = key;
            const auto label = label_of(action);
            const auto count = ++used[label];
            text_ +=
                fmt::format("{}{}: {} syscall {}{}{}\n", label,
                            count == 1 ? "" : fmt::format("-{}", count), verb_of(action),
                            set_text(names), abi.empty() ? "" : " where " + abi, error_of(action));
        }
    }

    const CallPolicy& policy_;
    CallPolicy said_;
    CallAction default_;
    std::vector<Abi> open_; ///< those whose calls are looked at one by one
    std::vector<std::string> excepted_;
    std::map<std::pair<CallAction, std::string>, std::vector<std::string>> constants_;
    std::vector<std::string> conditional_;
    std::map<std::string, int> labels_;
    std::set<std::string> unsaid_;
    std::string text_;
};

} // namespace

Result<PolicyText> policy_text(const CallPolicy& policy, std::string_view name,
                               std::string_view title) {
    return PolicyWriter{policy, name, title}.run();
}

} // namespace synpol
