// SPDX-License-Identifier: Apache-2.0
// A profile names calls, not numbers, and its conditions hold together or not at all. A diagram
// says everything in that form: each way through it fixes some bits of each argument, which is one
// SCMP_CMP_MASKED_EQ.
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/seccomp/call_diagram.h"
#include "compiler/seccomp/oci.h"
#include "compiler/seccomp/oci_names.h"

namespace synpol {

namespace {

using Json = nlohmann::ordered_json;
using Edge = CallDiagrams::Edge;
using Kind = CallAction::Kind;

/// Ways through the conditions of one call that a profile is made of.
constexpr std::size_t ways_max = 256;

std::string_view name_of_action(const CallAction& action) {
    const auto* const row =
        std::find_if(std::begin(oci_actions), std::end(oci_actions),
                     [&](const auto& known) { return known.kind == action.kind; });
    return row->name;
}

void put_action(Json& json, const CallAction& action, const char* name, const char* error_name) {
    json[name] = name_of_action(action);
    if (action.kind == Kind::error || action.kind == Kind::trace) json[error_name] = action.data;
}

/// Bits of each argument that are fixed, and to what.
struct Way {
    std::array<std::uint64_t, argument_count> mask{};
    std::array<std::uint64_t, argument_count> value{};
    CallAction action;
};

class WayFinder {
  public:
    WayFinder(const CallDiagrams& diagrams, const CallAction& usual)
        : diagrams_{diagrams}, usual_{usual} {}

    /// Those to another answer than the usual one; nothing if they are too many.
    std::optional<std::vector<Way>> find(Edge edge) {
        return walk(edge, {}) ? std::optional{std::move(found_)} : std::nullopt;
    }

  private:
    bool walk(Edge edge, Way way) {
        if (diagrams_.is_leaf(edge)) {
            way.action = diagrams_.action(edge);
            if (way.action != usual_) found_.push_back(way);
            return found_.size() <= ways_max;
        }
        const auto level = diagrams_.level(edge);
        const auto argument = level / ArgumentSet::value_bits;
        const auto bit = std::uint64_t{1}
                         << (ArgumentSet::value_bits - 1 - level % ArgumentSet::value_bits);
        way.mask.at(argument) |= bit;
        if (!walk(diagrams_.zero(edge), way)) return false;
        way.value.at(argument) |= bit;
        return walk(diagrams_.one(edge), way);
    }

    const CallDiagrams& diagrams_;
    CallAction usual_;
    std::vector<Way> found_;
};

class Export {
  public:
    explicit Export(const CallPolicy& policy) : policy_{policy} {}

    OciExport run() {
        const auto& unknown = policy_.at(Abi::x86_64, syscall_unknown);
        usual_ = strictest(unknown);
        if (!unknown.is_constant())
            say("unknown calls depend on arguments: always " + to_string(usual_));
        if (policy_.foreign.kind != Kind::kill_process)
            say("what happens to other architectures is the runtime's");
        find_abis();
        for (const auto name : SyscallTable::instance().names()) add_call(std::string{name});
        check_unnamed();
        return {json().dump(2) + "\n", {unsaid_.begin(), unsaid_.end()}};
    }

  private:
    void say(std::string line) { unsaid_.insert(std::move(line)); }

    static CallAction strictest(const CallDecision& decision) {
        auto action = decision.otherwise;
        for (const auto& clause : decision.clauses) action = std::max(action, clause.action);
        return action;
    }

    Edge edge_of(Abi abi, std::uint32_t number) {
        return narrowed(diagrams_, diagrams_.of(policy_.at(abi, number)), abi);
    }

    /// A profile has one answer for a name. An ABI that is answered otherwise than x86-64 is not
    /// listed, and ended: stricter, and never weaker.
    void find_abis() {
        abis_ = {Abi::x86_64};
        for (const Abi abi : {Abi::i386, Abi::x32}) {
            const auto other = differing(abi);
            if (!other) {
                abis_.push_back(abi);
            } else if (!is_ended(abi)) {
                say(fmt::format("{} answers {} otherwise than x86_64, which names cannot say: {} "
                                "is ended",
                                name_of(abi), *other, name_of(abi)));
            }
        }
    }
    bool is_ended(Abi abi) const {
        for (std::uint32_t number = 0; number < syscalls_per_abi; ++number)
            if (policy_.at(abi, number) != CallDecision{CallAction{Kind::kill_process, 0}})
                return false;
        return true;
    }
    std::optional<std::string> differing(Abi abi) {
        const auto& table = SyscallTable::instance();
        if (edge_of(abi, syscall_unknown) != edge_of(Abi::x86_64, syscall_unknown))
            return "unknown calls";
        for (const auto name : table.names()) {
            const auto own = table.number(abi, name);
            const auto native = table.number(Abi::x86_64, name);
            if (!own || !native) continue;
            const auto expected = narrowed(diagrams_, edge_of(Abi::x86_64, *native), abi);
            if (edge_of(abi, *own) != expected) return std::string{name};
        }
        return std::nullopt;
    }

    void add_call(const std::string& name) {
        for (const Abi abi : abis_) {
            const auto number = SyscallTable::instance().number(abi, name);
            if (!number) continue;
            add_decision(name, abi, *number);
            return; // the others agree, or have no such call
        }
    }

    void add_decision(const std::string& name, Abi abi, std::uint32_t number) {
        const auto edge = edge_of(abi, number);
        if (diagrams_.is_leaf(edge)) return add_constant(name, diagrams_.action(edge));
        const auto ways = WayFinder{diagrams_, usual_}.find(edge);
        if (!ways) {
            const auto always = strictest(policy_.at(abi, number));
            say(fmt::format("the conditions of {} are too many: always {}", name,
                            to_string(always)));
            return add_constant(name, always);
        }
        for (const auto& way : *ways) conditional_.push_back(entry_of(name, way));
    }
    void add_constant(const std::string& name, const CallAction& action) {
        if (action != usual_) constants_[action].push_back(name);
    }

    static Json entry_of(const std::string& name, const Way& way) {
        Json entry;
        entry["names"] = {name};
        put_action(entry, way.action, "action", "errnoRet");
        for (std::size_t i = 0; i < argument_count; ++i) {
            if (way.mask.at(i) == 0) continue;
            entry["args"].push_back({{"index", i},
                                     {"value", way.mask.at(i)},
                                     {"valueTwo", way.value.at(i)},
                                     {"op", "SCMP_CMP_MASKED_EQ"}});
        }
        return entry;
    }

    void check_unnamed() {
        for (const Abi abi : abis_)
            for (std::uint32_t number = 0; number < syscall_unknown; ++number)
                if (!SyscallTable::instance().name(abi, number) &&
                    policy_.at(abi, number) != CallDecision{usual_})
                    say(fmt::format("{} call {} has no name: always {}", name_of(abi), number,
                                    to_string(usual_)));
    }

    Json json() const {
        Json profile;
        put_action(profile, usual_, "defaultAction", "defaultErrnoRet");
        for (const auto& [name, abi] : oci_architectures)
            if (std::find(abis_.begin(), abis_.end(), abi) != abis_.end())
                profile["architectures"].push_back(name);
        profile["syscalls"] = Json::array();
        for (const auto& [action, names] : constants_) {
            Json entry;
            entry["names"] = names;
            put_action(entry, action, "action", "errnoRet");
            profile["syscalls"].push_back(std::move(entry));
        }
        for (const auto& entry : conditional_) profile["syscalls"].push_back(entry);
        return profile;
    }

    const CallPolicy& policy_;
    CallDiagrams diagrams_;
    CallAction usual_;
    std::vector<Abi> abis_;
    std::map<CallAction, std::vector<std::string>> constants_;
    std::vector<Json> conditional_;
    std::set<std::string> unsaid_;
};

} // namespace

OciExport export_oci(const CallPolicy& policy) {
    return Export{policy}.run();
}

} // namespace synpol
