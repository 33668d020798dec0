// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve_conditions.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "policy/argument_values.h"
#include "policy/lints/argument_numbering.h"
#include "policy/lints/pointer_argument.h"
#include "policy/listing.h"
#include "policy/syscall_arguments.h"

namespace synpol {
namespace {

constexpr std::size_t calls_shown = 6;

struct Call {
    std::uint16_t key = 0;
    Abi abi = Abi::x86_64;
    std::uint32_t number = 0;
};

std::vector<Call> calls_of(const SyscallSet& set) {
    std::vector<Call> calls;
    for (const auto& [first, last] : set.intervals()) {
        for (std::uint32_t key = first; key <= last; ++key) {
            calls.push_back({static_cast<std::uint16_t>(key),
                             static_cast<Abi>(key / syscalls_per_abi), key % syscalls_per_abi});
        }
    }
    return calls;
}

std::string shown(const Call& call) {
    const auto name = SyscallTable::instance().name(call.abi, call.number);
    return name ? std::string{*name} : fmt::format("{}:{}", name_of(call.abi), call.number);
}

/// Each once, whatever its ABIs.
std::vector<std::string> names_of(const std::vector<Call>& calls) {
    std::set<std::string> names;
    for (const auto& call : calls) names.insert(shown(call));
    return {names.begin(), names.end()};
}

/// What can stand on the left of a comparison about the call.
std::vector<std::string_view> comparable(const Call& call) {
    auto names = argument_names(call.abi, call.number);
    names.push_back("abi");
    return names;
}

/// Often it is one ABI that lacks it: `mmap` of i386 has one argument, a structure.
std::string help_for_others(const std::vector<Call>& without, const std::vector<Call>& calls) {
    const auto is_native = [](const Call& call) { return call.abi == Abi::x86_64; };
    const bool native_has_it = std::none_of(without.begin(), without.end(), is_native) &&
                               std::any_of(calls.begin(), calls.end(), is_native);
    if (!native_has_it) return "write a rule for the calls that have it";
    return fmt::format("{} lacks it: add `abi == native`, and a rule for the other ABIs",
                       name_of(without.front().abi));
}

std::string list_arguments(const Call& call) {
    std::vector<std::string_view> names;
    for (const auto& argument : arguments_of(call.abi, call.number)) names.push_back(argument.name);
    if (names.empty()) return "the call has no arguments that a manual page names";
    names.push_back("abi");
    return fmt::format("the arguments of `{}` are {}", shown(call), fmt::join(names, ", "));
}

bool is_abi(const ast::Comparing& comparing) {
    return comparing.field.text == "abi";
}

class ConditionResolver {
  public:
    ConditionResolver(const ObjectPattern& object, Reporter& reporter)
        : object_{object}, reporter_{reporter} {}

    std::vector<ObjectPattern> resolve(const ast::Condition& condition);

  private:
    /// The argument that a comparison is about, and the values that it is true for.
    struct Compared {
        unsigned index = 0;
        ArgumentSet set;
    };
    /// For one comparison, by call.
    using Column = std::map<std::uint16_t, Compared>;

    std::set<Abi> abis(const ast::Comparing& comparing);
    bool abi_values(const ast::SetExpr& expr, std::set<Abi>& abis);
    bool abi_value(const ast::Value& value, std::set<Abi>& abis);
    Column column(const ast::Comparing& comparing, const std::vector<Call>& calls);
    void check(const ast::Comparing& comparing, const std::vector<Call>& without,
               const std::vector<Call>& calls);
    void check_numbering(const ast::Comparing& comparing, const std::vector<Call>& calls);
    void all_of(const ast::Condition& condition);
    void any_of(const ast::Condition& condition);
    void add(const Call& call, ArgumentPattern arguments);
    std::vector<ObjectPattern> result() const;

    const ObjectPattern& object_;
    Reporter& reporter_;
    bool ok_ = true;
    std::map<ArgumentPattern, SyscallSet::Intervals> parts_;
};

// ---- the ABI -----------------------------------------------------------------------------------

bool ConditionResolver::abi_value(const ast::Value& value, std::set<Abi>& abis) {
    const auto found = value.word.text == "native" ? Abi::x86_64 : find_abi(value.word.text);
    if (found) {
        abis.insert(*found);
        return true;
    }
    auto& error = reporter_.error(Code::unknown_constant, value.word.span,
                                  fmt::format("there is no ABI `{}`", value.word.text), "unknown");
    error.notes.push_back("the ABIs are `native`, `x86_64`, `i386` and `x32`");
    reporter_.suggest(error, value.word.text, {"native", "x86_64", "i386", "x32"});
    return false;
}

bool ConditionResolver::abi_values(const ast::SetExpr& expr, std::set<Abi>& abis) {
    if (expr.rest.empty()) {
        if (const auto* value = std::get_if<ast::Value>(&expr.first.what)) {
            return abi_value(*value, abis);
        }
        if (const auto* list = std::get_if<ast::List>(&expr.first.what)) {
            return std::all_of(list->items.begin(), list->items.end(),
                               [&](const auto& item) { return abi_value(item, abis); });
        }
    }
    reporter_.error(Code::wrong_condition, expr.span, "an ABI or a list of ABIs is needed here",
                    "write `native` or `{ x86_64, x32 }`");
    return false;
}

std::set<Abi> ConditionResolver::abis(const ast::Comparing& comparing) {
    using Is = ast::Comparison;
    std::set<Abi> named;
    const bool equal = comparing.comparison == Is::equal || comparing.comparison == Is::in;
    const bool unequal =
        comparing.comparison == Is::not_equal || comparing.comparison == Is::not_in;
    if (!equal && !unequal) {
        reporter_.error(Code::wrong_condition, comparing.comparison_span,
                        fmt::format("an ABI has no `{}`", name_of(comparing.comparison)),
                        "write `==`, `!=`, `in` or `not in`");
        ok_ = false;
        return named;
    }
    ok_ = abi_values(comparing.values, named) && ok_;
    if (equal) return named;
    std::set<Abi> others;
    for (const Abi abi : {Abi::x86_64, Abi::i386, Abi::x32}) {
        if (!named.contains(abi)) others.insert(abi);
    }
    return others;
}

// ---- arguments ---------------------------------------------------------------------------------

void ConditionResolver::check(const ast::Comparing& comparing, const std::vector<Call>& without,
                              const std::vector<Call>& calls) {
    if (without.empty()) return;
    ok_ = false;
    const bool none = without.size() == calls.size();
    const auto names_without = names_of(without);
    auto& error = reporter_.error(
        Code::unknown_argument, comparing.field.span,
        fmt::format("{} {} no argument `{}`", listing(names_without, calls_shown),
                    names_without.size() == 1 ? "has" : "have", comparing.field.text),
        none ? "unknown" : "not an argument of all of these calls");
    if (!none) error.helps.push_back(help_for_others(without, calls));
    reporter_.suggest(error, comparing.field.text, comparable(without.front()));
    if (none && !error.fix) error.helps.push_back(list_arguments(without.front()));
}

void ConditionResolver::check_numbering(const ast::Comparing& comparing,
                                        const std::vector<Call>& calls) {
    for (const auto& call : calls) {
        const auto meant = page_means_instead(call.abi, call.number, comparing.field.text);
        if (!meant) continue;
        lint_argument_numbering(comparing.field, shown(call), meant->index, reporter_);
        return;
    }
}

ConditionResolver::Column ConditionResolver::column(const ast::Comparing& comparing,
                                                    const std::vector<Call>& calls) {
    Column column;
    std::vector<Call> without;
    std::vector<PointerComparison> pointers;
    std::map<ArgumentType, std::optional<ArgumentSet>> sets; // many calls, few types
    for (const auto& call : calls) {
        const auto argument = find_argument(call.abi, call.number, comparing.field.text);
        if (!argument) {
            without.push_back(call);
            continue;
        }
        const ArgumentType type{call.abi, argument->width, argument->is_signed};
        auto known = sets.find(type);
        if (known == sets.end()) {
            known = sets.emplace(type, compared_arguments(comparing, type, reporter_)).first;
        }
        ok_ = ok_ && known->second.has_value();
        column[call.key] = {argument->index, known->second.value_or(ArgumentSet::none())};
        if (argument->is_pointer)
            pointers.push_back({shown(call), call.abi, column.at(call.key).set});
    }
    check(comparing, without, calls);
    lint_pointer_argument(comparing.field, pointers, reporter_);
    check_numbering(comparing, calls);
    return column;
}

// ---- the parts ---------------------------------------------------------------------------------

void ConditionResolver::add(const Call& call, ArgumentPattern arguments) {
    for (std::size_t i = 0; i < argument_count; ++i) {
        arguments[i] = arguments[i] & object_.arguments[i];
        if (arguments[i].empty()) return;
    }
    parts_[std::move(arguments)].push_back({call.key, call.key});
}

void ConditionResolver::all_of(const ast::Condition& condition) {
    auto calls = calls_of(object_.syscalls);
    for (const auto& comparing : condition.parts) {
        if (!is_abi(comparing)) continue;
        const auto kept = abis(comparing);
        std::erase_if(calls, [&](const Call& call) { return !kept.contains(call.abi); });
    }
    std::map<std::uint16_t, ArgumentPattern> patterns;
    for (const auto& call : calls) patterns.emplace(call.key, any_arguments());
    for (const auto& comparing : condition.parts) {
        if (is_abi(comparing)) continue;
        for (const auto& [key, compared] : column(comparing, calls)) {
            auto& argument = patterns.at(key)[compared.index];
            argument = argument & compared.set;
        }
    }
    for (const auto& call : calls) add(call, patterns.at(call.key));
}

void ConditionResolver::any_of(const ast::Condition& condition) {
    const auto calls = calls_of(object_.syscalls);
    std::map<std::uint16_t, ArgumentPattern> none_yet;
    ArgumentPattern nothing;
    nothing.fill(ArgumentSet::none());
    for (const auto& call : calls) none_yet.emplace(call.key, nothing);
    auto patterns = none_yet; // by argument, the union of what the comparisons say about it
    for (const auto& comparing : condition.parts) {
        if (is_abi(comparing)) {
            const auto kept = abis(comparing);
            for (const auto& call : calls) {
                if (kept.contains(call.abi)) add(call, any_arguments());
            }
            continue;
        }
        for (const auto& [key, compared] : column(comparing, calls)) {
            auto& argument = patterns.at(key)[compared.index];
            argument = argument | compared.set;
        }
    }
    for (const auto& call : calls) {
        for (std::size_t i = 0; i < argument_count; ++i) {
            ArgumentPattern one = any_arguments();
            one[i] = patterns.at(call.key)[i];
            add(call, std::move(one));
        }
    }
}

std::vector<ObjectPattern> ConditionResolver::result() const {
    std::vector<ObjectPattern> objects;
    for (const auto& [arguments, calls] : parts_) {
        ObjectPattern object = object_;
        object.arguments = arguments;
        object.syscalls = SyscallSet::from(calls);
        objects.push_back(std::move(object));
    }
    return objects;
}

std::vector<ObjectPattern> ConditionResolver::resolve(const ast::Condition& condition) {
    if (condition.all) {
        all_of(condition);
    } else {
        any_of(condition);
    }
    // After an error nothing more is to be said about the object.
    return ok_ ? result() : std::vector<ObjectPattern>{object_};
}

} // namespace

std::vector<ObjectPattern> resolve_condition(const ast::Condition& condition,
                                             const ObjectPattern& object, Reporter& reporter) {
    return ConditionResolver{object, reporter}.resolve(condition);
}

} // namespace synpol
