// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/set_contents.h"

#include <fmt/format.h>

#include "compiler/set_text.h"
#include "policy/resolve.h"

namespace synpol::lsp {
namespace {

// A tooltip, not a report.
constexpr std::size_t words_shown = 24;
constexpr std::size_t globs_max = 10'000;

std::string listed(const Words& words, std::string_view count) {
    return fmt::format("{}: {}", count, braced(words, words_shown));
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

template <typename T>
std::uint64_t members(const IntervalSet<T>& set) {
    std::uint64_t count = 0;
    for (const auto& [first, last] : set.intervals()) count += std::uint64_t{last} - first + 1;
    return count;
}

/// Addresses are too many to count one by one where the set holds an IPv6 prefix.
std::string address_count(const AddressSet& set) {
    constexpr Address most = Address{1} << 63;
    Address count = 0;
    for (const auto& [first, last] : set.intervals()) {
        const Address size = last - first;
        if (size >= most || count >= most) return "more than 2^63 addresses";
        count += size + 1;
    }
    return counted(static_cast<std::uint64_t>(count), "address", "addresses");
}

/// The pools know how to say a set: index 0 stands for everything.
template <typename Set>
Words words_of(std::vector<Set> BoxSet::*pool, sp_dim dim, const Set& all, const Set& set) {
    BoxSet boxes;
    boxes.*pool = {all, set};
    return set_words(boxes, dim, set == all ? 0 : 1);
}

std::string contents(const AddressSet& set) {
    return listed(words_of(&BoxSet::addresses, SP_DIM_SOURCE, AddressSet::all(), set),
                  address_count(set));
}
std::string contents(const PortSet& set) {
    return listed(words_of(&BoxSet::ports, SP_DIM_PORT, PortSet::all(), set),
                  counted(members(set), "port", "ports"));
}
std::string contents(const IdSet& set) {
    return listed(words_of(&BoxSet::users, SP_DIM_USER, IdSet::all(), set),
                  counted(members(set), "number", "numbers"));
}
std::string syscall_contents(const SyscallSet& set) {
    const auto words = SyscallTable::instance().describe(set);
    return listed(words, counted(words.size(), "system call", "system calls"));
}

/// False where the set is more than a union of globs, or too large to show.
bool collect_globs(const PathSet& set, Words& globs) {
    if (set.kind() == PathSet::Kind::glob) globs.push_back(set.glob().text);
    if (set.kind() != PathSet::Kind::unite) {
        return set.kind() == PathSet::Kind::glob || set.kind() == PathSet::Kind::none;
    }
    return globs.size() < globs_max && collect_globs(set.left(), globs) &&
           collect_globs(set.right(), globs);
}

std::string contents(const PathSet& set) {
    constexpr std::size_t key_shown = 400;
    Words globs;
    if (collect_globs(set, globs)) return listed(globs, counted(globs.size(), "glob", "globs"));
    const auto& key = set.key();
    return "paths: " + (key.size() <= key_shown ? key : key.substr(0, key_shown) + " ...");
}

class Evaluation {
  public:
    Evaluation(Analysis& analysis, const PolicyFile& home)
        : reporter_{ignored_}, context_{analysis.inputs(), reporter_, cache_}, home_{home} {
        std::vector<const PolicyFile*> files;
        for (const auto& file : analysis.program().files()) files.push_back(file.get());
        collect_extensions(files, analysis.inputs().today, context_);
    }

    /// By its name, because that is how extensions are found.
    template <typename Kind>
    std::optional<typename Kind::Set> set(const ast::Set& set) {
        ast::SetExpr expr;
        expr.first.what = ast::Value{ast::ValueKind::name, set.name};
        expr.first.span = expr.span = set.name.span;
        SetResolver sets{context_};
        auto value = sets.evaluate<Kind>(expr, {&home_});
        if (!value.ok) return {};
        return std::move(value.set);
    }

  private:
    Diagnostics ignored_; ///< the analysis has reported them
    Reporter reporter_;
    ResolveCache cache_;
    ResolveContext context_;
    const PolicyFile& home_;
};

template <typename Set>
std::string contents_of(const std::optional<Set>& set) {
    return set ? contents(*set) : "";
}

} // namespace

std::string set_contents(Analysis& analysis, const ast::Set& set, const PolicyFile& home) {
    Evaluation evaluation{analysis, home};
    switch (set.type) {
    case ast::SetType::paths:
        return contents_of(evaluation.set<PathKind>(set));
    case ast::SetType::addrs:
        return contents_of(evaluation.set<AddressKind>(set));
    case ast::SetType::ports:
        return contents_of(evaluation.set<PortKind>(set));
    case ast::SetType::users:
        return contents_of(evaluation.set<UserKind>(set));
    case ast::SetType::syscalls:
        break;
    }
    const auto calls = evaluation.set<SyscallKind>(set);
    return calls ? syscall_contents(*calls) : "";
}

} // namespace synpol::lsp
