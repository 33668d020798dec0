// SPDX-License-Identifier: Apache-2.0
#include "compiler/mutate_sets.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/describe.h"
#include "compiler/mutate.h"
#include "policy/syscall_table.h"

namespace synpol {

namespace {

std::string value_text(Address value) {
    return to_string(value);
}
std::string value_text(std::uint16_t value) {
    return std::to_string(value);
}
std::string value_text(std::uint32_t value) {
    return std::to_string(value);
}

template <typename T>
std::vector<SetVariant<IntervalSet<T>>> moved(const IntervalSet<T>& set, const std::string& name) {
    using Set = IntervalSet<T>;
    std::vector<SetVariant<Set>> variants;
    if (set.is_all()) return variants;
    const auto take = [&](T value) {
        const bool there = set.contains(value);
        variants.push_back(
            {there ? set - Set::single(value) : set | Set::single(value),
             fmt::format("{} {} is {}", name, value_text(value), there ? "left out" : "added")});
    };
    for (const auto& [first, last] : set.intervals()) {
        if (variants.size() + 4 > mutations_per_set) break;
        take(first);
        if (last != first) take(last);
        if (first != T{0}) take(static_cast<T>(first - 1));
        if (last != max_value<T>()) take(static_cast<T>(last + 1));
    }
    return variants;
}

} // namespace

std::vector<SetVariant<AddressSet>> variants_of(const AddressSet& set, const std::string& name) {
    return moved(set, name);
}
std::vector<SetVariant<PortSet>> variants_of(const PortSet& set, const std::string& name) {
    return moved(set, name);
}
std::vector<SetVariant<IdSet>> variants_of(const IdSet& set, const std::string& name) {
    return moved(set, name);
}

std::vector<SetVariant<ArgumentSet>> variants_of(const ArgumentSet& set, const std::string& name) {
    if (set.is_all()) return {};
    return {{ArgumentSet::all(), fmt::format("the condition on {} is dropped", name)},
            {set.complement(), fmt::format("the condition on {} is turned round", name)}};
}

// ---- paths -------------------------------------------------------------------------------------

namespace {

using PathVariants = std::vector<SetVariant<PathSet>>;

PathVariants of_glob(const Glob& glob) {
    const auto& text = glob.text;
    constexpr std::string_view tree = "/**";
    if (!text.ends_with(tree) || text.size() == tree.size()) return {};
    const auto root = text.substr(0, text.size() - tree.size());
    PathVariants variants = {
        {PathSet::glob({root + "/*"}), fmt::format("{} ends at one level", text)}};
    const auto parent = root.substr(0, root.rfind('/'));
    if (!parent.empty())
        variants.push_back({PathSet::glob({parent + std::string{tree}}),
                            fmt::format("{} grows to {}/**", text, parent)});
    return variants;
}

/// The paths of a union as a list; of anything else its canonical spelling.
std::string brief(const PathSet& set) {
    constexpr std::size_t most = 60;
    auto text = set.key();
    if (text.find(" - ") == std::string::npos && text.find(" & ") == std::string::npos)
        std::erase_if(text, [](char c) { return c == '(' || c == ')'; });
    return text.size() <= most ? text : text.substr(0, most) + "...";
}

PathSet combine(PathSet::Kind kind, const PathSet& a, const PathSet& b) {
    if (kind == PathSet::Kind::unite) return a | b;
    return kind == PathSet::Kind::intersect ? a & b : a - b;
}

PathVariants of_paths(const PathSet& set) {
    using Kind = PathSet::Kind;
    if (set.kind() == Kind::glob) return of_glob(set.glob());
    if (set.kind() == Kind::any || set.kind() == Kind::none) return {};
    PathVariants variants;
    const auto& left = set.left();
    const auto& right = set.right();
    variants.push_back({left, fmt::format("{} is left out", brief(right))});
    if (set.kind() != Kind::subtract && left.kind() == Kind::glob)
        variants.push_back({right, fmt::format("{} is left out", brief(left))});
    for (auto& variant : of_paths(left))
        variants.push_back({combine(set.kind(), variant.set, right), std::move(variant.what)});
    for (auto& variant : of_paths(right))
        variants.push_back({combine(set.kind(), left, variant.set), std::move(variant.what)});
    return variants;
}

} // namespace

std::vector<SetVariant<PathSet>> variants_of(const PathSet& set, const std::string&) {
    constexpr std::size_t most = 2 * mutations_per_set;
    if (set.weight() > 1000) return {}; // a list: its items are not what a test is about
    auto variants = of_paths(set);
    if (variants.size() > most) variants.resize(most);
    return variants;
}

// ---- subjects ----------------------------------------------------------------------------------

namespace {

using SubjectVariants = std::vector<SubjectVariant>;
using Kind = SubjectExpr::Kind;

SubjectVariants of_joined(const SubjectExpr& subject) {
    SubjectVariants variants;
    const bool all = subject.kind == Kind::all_of;
    SubjectExpr other = subject;
    other.kind = all ? Kind::any_of : Kind::all_of;
    variants.push_back({std::move(other), all ? "`and` becomes `or`" : "`or` becomes `and`"});
    for (std::size_t i = 0; i < subject.children.size(); ++i) {
        SubjectExpr without = subject;
        without.children.erase(without.children.begin() + static_cast<std::ptrdiff_t>(i));
        if (without.children.size() == 1) {
            SubjectExpr only = without.children.front();
            without = std::move(only);
        }
        variants.push_back(
            {std::move(without), fmt::format("part {} of the subject is left out", i + 1)});
    }
    return variants;
}

SubjectVariants of_ids(const SubjectExpr& subject) {
    SubjectVariants variants;
    for (auto& variant : moved(subject.ids, subject.kind == Kind::user ? "user" : "group")) {
        SubjectExpr other = subject;
        other.ids = std::move(variant.set);
        variants.push_back({std::move(other), std::move(variant.what)});
    }
    return variants;
}

SubjectVariants of_subject_paths(const SubjectExpr& subject) {
    SubjectVariants variants;
    for (auto& variant : variants_of(subject.paths, "")) {
        SubjectExpr other = subject;
        other.paths = std::move(variant.set);
        variants.push_back({std::move(other), std::move(variant.what)});
    }
    return variants;
}

SubjectVariants of_this(const SubjectExpr& subject) {
    switch (subject.kind) {
    case Kind::all_of:
    case Kind::any_of:
        return of_joined(subject);
    case Kind::user:
    case Kind::group:
        return of_ids(subject);
    case Kind::exe:
    case Kind::cgroup:
        // Several cgroups at once are what `unit` stands for: no mistake is made in one of them.
        if (subject.kind == Kind::cgroup && subject.paths.kind() != PathSet::Kind::glob) return {};
        return of_subject_paths(subject);
    case Kind::negate:
        return {{subject.children.front(), "`not` is dropped"}};
    case Kind::any:
    case Kind::descendants:
        break;
    }
    return {};
}

} // namespace

SubjectVariants variants_of(const SubjectExpr& subject) {
    auto variants = of_this(subject);
    for (std::size_t i = 0; i < subject.children.size(); ++i) {
        for (auto& variant : variants_of(subject.children[i])) {
            SubjectExpr other = subject;
            other.children[i] = std::move(variant.subject);
            variants.push_back({std::move(other), std::move(variant.what)});
        }
    }
    return variants;
}

// ---- system calls ------------------------------------------------------------------------------

std::vector<NamedCalls> calls_in(const SyscallSet& set, std::size_t most) {
    if (set == all_syscalls()) return {};
    std::map<std::string, std::vector<Interval<std::uint16_t>>> keys;
    for (const auto& [first, last] : set.intervals()) {
        for (unsigned key = first; key <= last; ++key) {
            const auto name = SyscallTable::instance().name(
                static_cast<Abi>(key / syscalls_per_abi), key % syscalls_per_abi);
            const auto one = static_cast<std::uint16_t>(key);
            if (name) keys[std::string{*name}].push_back({one, one});
        }
    }
    std::vector<NamedCalls> calls;
    for (auto& [name, intervals] : keys) {
        if (calls.size() == most) break;
        calls.push_back({name, SyscallSet::from(std::move(intervals))});
    }
    return calls;
}

} // namespace synpol
