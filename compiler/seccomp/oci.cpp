// SPDX-License-Identifier: Apache-2.0
// Which entries count follows moby's setupSeccomp(); what entries about one call mean together
// follows libseccomp, as runc calls it: an unconditional one settles the call, conditions of one
// entry hold together unless two are about the same argument, when each counts for itself.
#include "compiler/seccomp/oci.h"

#include <errno.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "compiler/seccomp/oci_names.h"
#include "policy/syscall_arguments.h"

namespace synpol {

namespace {

using Json = nlohmann::json;

constexpr std::string_view host_architecture = "amd64"; ///< as Go names it

struct Condition {
    unsigned index = 0;
    std::string op;
    std::uint64_t value = 0;
    std::uint64_t second = 0;
};

struct Entry {
    std::vector<std::string> names;
    CallAction action;
    std::vector<Condition> conditions;
};

/// A field that is missing or null is the empty value of its type; another type is an error.
template <typename T>
Result<T> field(const Json& object, const char* name, T absent) {
    const auto found = object.find(name);
    if (found == object.end() || found->is_null()) return absent;
    const bool fits = std::is_same_v<T, std::string> ? found->is_string()
                      : std::is_same_v<T, Json>      ? found->is_structured()
                                                     : found->is_number_unsigned();
    if (!fits) return Error{fmt::format("\"{}\" has a value of the wrong type", name)};
    return found->get<T>();
}

Result<std::vector<std::string>> texts(const Json& object, const char* name) {
    auto list = field<Json>(object, name, Json::array());
    if (!list) return std::move(list.error());
    std::vector<std::string> found;
    for (const auto& item : *list) {
        if (!item.is_string()) return Error{fmt::format("\"{}\" is not a list of names", name)};
        found.push_back(item.get<std::string>());
    }
    return found;
}

Result<CallAction> action_of(const std::string& name, std::uint64_t error) {
    const auto* const row = std::find_if(std::begin(oci_actions), std::end(oci_actions),
                                         [&](const auto& action) { return action.name == name; });
    if (row == std::end(oci_actions)) return Error{fmt::format("\"{}\" is no action", name)};
    if (error > std::numeric_limits<std::uint16_t>::max())
        return Error{fmt::format("{} is no errno", error)};
    const bool has_data =
        row->kind == CallAction::Kind::error || row->kind == CallAction::Kind::trace;
    return CallAction{row->kind, static_cast<std::uint16_t>(has_data ? error : 0)};
}

Result<CallAction> read_action(const Json& object, const char* name, const char* error_name) {
    auto action = field<std::string>(object, name, "");
    if (!action) return std::move(action.error());
    auto error = field<std::uint64_t>(object, error_name, EPERM);
    if (!error) return std::move(error.error());
    return action_of(*action, *error);
}

Result<Condition> read_condition(const Json& json) {
    if (!json.is_object()) return Error{"\"args\" is not a list of objects"};
    auto op = field<std::string>(json, "op", "");
    if (!op) return std::move(op.error());
    std::array<std::uint64_t, 3> numbers{};
    constexpr std::array<const char*, 3> names = {"index", "value", "valueTwo"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        auto number = field<std::uint64_t>(json, names.at(i), 0);
        if (!number) return std::move(number.error());
        numbers.at(i) = *number;
    }
    if (numbers[0] >= argument_count) return Error{fmt::format("no argument {}", numbers[0])};
    return Condition{static_cast<unsigned>(numbers[0]), *op, numbers[1], numbers[2]};
}

// ---- which entries count -----------------------------------------------------------------------

/// "4.8" against the kernel of the host.
Result<bool> is_at_least(const OciHost& host, const std::string& version) {
    unsigned major = 0;
    unsigned minor = 0;
    const auto* const end = version.data() + version.size();
    const auto first = std::from_chars(version.data(), end, major);
    const bool has_minor = first.ec == std::errc{} && first.ptr != end && *first.ptr == '.';
    if (!has_minor || std::from_chars(first.ptr + 1, end, minor).ptr != end)
        return Error{fmt::format("\"{}\" is no kernel version", version)};
    return std::pair{host.kernel_major, host.kernel_minor} >= std::pair{major, minor};
}

struct HostCondition {
    bool is_given = false;
    std::vector<std::string> arches;
    std::vector<std::string> caps;
    std::string min_kernel;
};

Result<HostCondition> read_host_condition(const Json& entry, const char* name) {
    auto json = field<Json>(entry, name, Json::object());
    if (!json) return std::move(json.error());
    if (!json->is_object()) return Error{fmt::format("\"{}\" is not an object", name)};
    auto arches = texts(*json, "arches");
    if (!arches) return std::move(arches.error());
    auto caps = texts(*json, "caps");
    if (!caps) return std::move(caps.error());
    auto kernel = field<std::string>(*json, "minKernel", "");
    if (!kernel) return std::move(kernel.error());
    return HostCondition{true, std::move(*arches), std::move(*caps), std::move(*kernel)};
}

class Import {
  public:
    explicit Import(const OciHost& host) : host_{host} {}

    Result<OciImport> run(const Json& profile) {
        auto always = read_action(profile, "defaultAction", "defaultErrnoRet");
        if (!always) return std::move(always.error()).within("defaultAction");
        if (auto done = find_abis(profile); !done) return std::move(done.error());
        if (auto done = read_entries(profile); !done) return std::move(done.error());
        for (const char* name : {"flags", "listenerPath", "listenerMetadata"})
            if (profile.contains(name) && !profile[name].empty())
                say(fmt::format("\"{}\" is for who loads the filter", name));
        return OciImport{policy(*always), notes()};
    }

  private:
    struct Call {
        std::vector<CallClause> clauses;
        std::optional<CallAction> always;
    };

    void say(std::string line) { unsaid_.push_back(std::move(line)); }

    // ABIs.
    Result<void> find_abis(const Json& profile) {
        auto names = texts(profile, "architectures");
        if (!names) return std::move(names.error());
        auto map = field<Json>(profile, "archMap", Json::array());
        if (!map) return std::move(map.error());
        if (!names->empty() && !map->empty())
            return Error{"it has both \"architectures\" and \"archMap\""};
        for (const auto& row : *map)
            if (auto done = add_map_row(row, *names); !done) return done;
        if (names->empty()) names->emplace_back(oci_architectures[0].name);
        for (const auto& [name, abi] : oci_architectures)
            if (std::find(names->begin(), names->end(), name) != names->end()) abis_.insert(abi);
        return {};
    }
    static Result<void> add_map_row(const Json& row, std::vector<std::string>& names) {
        if (!row.is_object()) return Error{"\"archMap\" is not a list of objects"};
        auto name = field<std::string>(row, "architecture", "");
        if (!name) return std::move(name.error());
        if (*name != oci_architectures[0].name) return {};
        auto others = texts(row, "subArchitectures");
        if (!others) return std::move(others.error());
        names = *others;
        names.push_back(*name);
        return {};
    }

    // Entries.
    Result<void> read_entries(const Json& profile) {
        auto entries = field<Json>(profile, "syscalls", Json::array());
        if (!entries) return std::move(entries.error());
        std::size_t place = 0;
        for (const auto& json : *entries) {
            ++place;
            auto done = read_entry(json);
            if (!done)
                return std::move(done.error()).within(fmt::format("entry {} of syscalls", place));
        }
        return {};
    }
    Result<void> read_entry(const Json& json) {
        if (!json.is_object()) return Error{"it is not an object"};
        auto counts = is_for_host(json);
        if (!counts) return std::move(counts.error());
        if (!*counts) return {};
        Entry entry;
        auto names = texts(json, "names");
        if (!names) return std::move(names.error());
        auto name = field<std::string>(json, "name", "");
        if (!name) return std::move(name.error());
        entry.names = std::move(*names);
        if (!name->empty()) entry.names.push_back(*name);
        auto action = read_action(json, "action", "errnoRet");
        if (!action) return std::move(action.error());
        entry.action = *action;
        auto conditions = field<Json>(json, "args", Json::array());
        if (!conditions) return std::move(conditions.error());
        for (const auto& item : *conditions) {
            auto condition = read_condition(item);
            if (!condition) return std::move(condition.error());
            entry.conditions.push_back(*condition);
        }
        return add(entry);
    }

    Result<bool> is_for_host(const Json& json) {
        const auto excludes = read_host_condition(json, "excludes");
        if (!excludes) return excludes.error();
        const auto includes = read_host_condition(json, "includes");
        if (!includes) return includes.error();
        auto excluded = is_excluded(*excludes);
        if (!excluded || *excluded) return excluded ? Result<bool>{false} : excluded;
        return is_included(*includes);
    }
    Result<bool> is_excluded(const HostCondition& condition) const {
        const auto& [given, arches, caps, kernel] = condition;
        if (std::find(arches.begin(), arches.end(), host_architecture) != arches.end()) return true;
        if (std::any_of(caps.begin(), caps.end(),
                        [this](const auto& cap) { return host_.capabilities.contains(cap); }))
            return true;
        return kernel.empty() ? Result<bool>{false} : is_at_least(host_, kernel);
    }
    Result<bool> is_included(const HostCondition& condition) {
        const auto& [given, arches, caps, kernel] = condition;
        if (!arches.empty() &&
            std::find(arches.begin(), arches.end(), host_architecture) == arches.end())
            return false;
        for (const auto& cap : caps) {
            if (host_.capabilities.contains(cap)) continue;
            missing_.insert(cap);
            return false;
        }
        return kernel.empty() ? Result<bool>{true} : is_at_least(host_, kernel);
    }

    // What they say.
    Result<void> add(const Entry& entry) {
        for (const auto& name : entry.names) {
            if (!SyscallTable::instance().find(name)) unknown_.insert(name);
            for (const Abi abi : abis_) {
                const auto number = SyscallTable::instance().number(abi, name);
                if (!number) continue;
                auto done = add_to(calls_[{abi, *number}], entry, name, {abi, *number});
                if (!done) return done;
            }
        }
        return {};
    }
    using Key = std::pair<Abi, std::uint32_t>;

    Result<void> add_to(Call& call, const Entry& entry, const std::string& name, Key key) {
        if (entry.conditions.empty()) {
            if (!call.always) call.always = entry.action;
            if (*call.always != entry.action) contradictory_.insert(name);
            return {};
        }
        const bool is_joined = has_one_per_argument(entry.conditions);
        CallClause clause{any_arguments(), entry.action};
        for (const auto& condition : entry.conditions) {
            auto set = set_of(condition, name, key);
            if (!set) return std::move(set.error());
            if (!is_joined) clause.arguments = any_arguments();
            clause.arguments[condition.index] = std::move(*set);
            if (!is_joined) call.clauses.push_back(clause);
        }
        if (is_joined) call.clauses.push_back(clause);
        return {};
    }
    static bool has_one_per_argument(const std::vector<Condition>& conditions) {
        std::set<unsigned> seen;
        return std::all_of(conditions.begin(), conditions.end(), [&seen](const auto& condition) {
            return seen.insert(condition.index).second;
        });
    }

    Result<ArgumentSet> set_of(const Condition& condition, const std::string& name, Key key) {
        auto set = compared(condition);
        if (!set) return set;
        const auto argument =
            find_argument(key.first, key.second, fmt::format("arg{}", condition.index));
        const auto width = argument ? argument->width : register_width(key.first);
        if (width < register_width(key.first))
            narrow_.insert(fmt::format("{} arg{}", name, condition.index));
        return set->with_width(width);
    }
    static Result<ArgumentSet> compared(const Condition& condition) {
        constexpr auto most = std::numeric_limits<std::uint64_t>::max();
        const auto value = condition.value;
        const auto below = value == 0 ? ArgumentSet::none() : ArgumentSet::range(0, value - 1);
        const auto same = ArgumentSet::single(value);
        // SCMP_CMP_MASKED_EQ: `value` is the mask, `valueTwo` what is left of the argument.
        const auto masked = (condition.second & ~value) != 0
                                ? ArgumentSet::none()
                                : ArgumentSet::matching(value, condition.second);
        const std::pair<std::string_view, ArgumentSet> rows[] = {
            {"SCMP_CMP_NE", same.complement()},
            {"SCMP_CMP_LT", below},
            {"SCMP_CMP_LE", below | same},
            {"SCMP_CMP_EQ", same},
            {"SCMP_CMP_GE", ArgumentSet::range(value, most)},
            {"SCMP_CMP_GT", ArgumentSet::range(value, most) - same},
            {"SCMP_CMP_MASKED_EQ", masked},
        };
        for (const auto& [op, set] : rows)
            if (op == condition.op) return set;
        return Error{fmt::format("\"{}\" is no comparison", condition.op)};
    }

    CallPolicy policy(const CallAction& always) const {
        CallPolicy made{{CallAction::Kind::kill_process, 0}};
        for (const Abi abi : abis_) made.set_all(abi, always);
        for (const auto& [key, call] : calls_) {
            CallDecision decision{call.clauses, always};
            if (call.always) decision = *call.always;
            made.set(key.first, key.second, std::move(decision));
        }
        return made;
    }

    std::vector<std::string> notes() {
        add_note(unknown_, "no x86 ABI has: {}");
        add_note(missing_, "rules for capabilities that are not given are left out: {}");
        add_note(contradictory_, "answered in two ways, of which the first counts: {}");
        add_note(narrow_, "compared as the kernel reads it, 32 bits (a runtime compares 64, and "
                          "lets upper bits hide a value): {}");
        return unsaid_;
    }
    void add_note(const std::set<std::string>& names, fmt::format_string<std::string> text) {
        if (!names.empty()) say(fmt::format(text, fmt::format("{}", fmt::join(names, ", "))));
    }

    const OciHost& host_;
    std::set<Abi> abis_;
    std::map<Key, Call> calls_;
    std::vector<std::string> unsaid_;
    std::set<std::string> unknown_;
    std::set<std::string> missing_;
    std::set<std::string> contradictory_;
    std::set<std::string> narrow_;
};

} // namespace

Result<OciImport> import_oci(std::string_view json, const OciHost& host) {
    const auto profile = Json::parse(json, nullptr, false);
    if (profile.is_discarded()) return Error{"not JSON"};
    if (!profile.is_object()) return Error{"not a JSON object"};
    return Import{host}.run(profile);
}

} // namespace synpol
