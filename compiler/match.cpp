// SPDX-License-Identifier: Apache-2.0
#include "compiler/match.h"

#include <algorithm>
#include <span>

#include "compiler/dims.h"
#include "compiler/transport.h"

namespace synpol {

namespace {

using Ancestors = std::optional<std::span<const SubjectFacts>>;

Match opposite(Match match) {
    return static_cast<Match>(static_cast<int>(Match::yes) - static_cast<int>(match));
}

Match from(bool holds) {
    return holds ? Match::yes : Match::no;
}

template <typename Set, typename Fact>
Match contains(const Set& set, const std::optional<Fact>& fact) {
    return fact ? from(set.contains(*fact)) : Match::unknown;
}

Match one_is_in(const IdSet& set, const std::optional<std::vector<std::uint32_t>>& groups) {
    if (!groups) return Match::unknown;
    return from(
        std::any_of(groups->begin(), groups->end(), [&](auto gid) { return set.contains(gid); }));
}

Ancestors ancestors_of(const SubjectFacts& facts) {
    if (!facts.ancestors) return std::nullopt;
    return *facts.ancestors;
}

Match match_expression(const SubjectExpr& subject, const SubjectFacts& facts, Ancestors ancestors);

Match match_one_of(const SubjectExpr& subject, Ancestors ancestors) {
    if (!ancestors) return Match::unknown;
    Match best = Match::no;
    for (std::size_t i = 0; i < ancestors->size(); ++i)
        best =
            std::max(best, match_expression(subject, (*ancestors)[i], ancestors->subspan(i + 1)));
    return best;
}

/// The worst of all children, or the best.
Match match_children(const SubjectExpr& subject, const SubjectFacts& facts, Ancestors ancestors) {
    const bool all = subject.kind == SubjectExpr::Kind::all_of;
    Match match = all ? Match::yes : Match::no;
    for (const auto& child : subject.children) {
        const auto matched = match_expression(child, facts, ancestors);
        match = all ? std::min(match, matched) : std::max(match, matched);
    }
    return match;
}

Match match_expression(const SubjectExpr& subject, const SubjectFacts& facts, Ancestors ancestors) {
    using Kind = SubjectExpr::Kind;
    switch (subject.kind) {
    case Kind::any:
        return Match::yes;
    case Kind::user:
        return contains(subject.ids, facts.user);
    case Kind::group:
        return one_is_in(subject.ids, facts.groups);
    case Kind::exe:
        return contains(subject.paths, facts.exe);
    case Kind::cgroup:
        return contains(subject.paths, facts.cgroup);
    case Kind::descendants:
        return match_one_of(subject.children.front(), ancestors);
    case Kind::negate:
        return opposite(match_expression(subject.children.front(), facts, ancestors));
    case Kind::all_of:
    case Kind::any_of:
        break;
    }
    return match_children(subject, facts, ancestors);
}

class Matcher {
  public:
    Matcher(const BoxSet& boxes, const Box& box) : boxes_{boxes}, box_{box} {}

    template <typename Set, typename Fact>
    void set(sp_dim dim, const std::vector<Set>& pool, const std::optional<Fact>& fact) {
        const auto index = box_.sets[dim];
        matches_[dim] = index == 0 ? Match::yes : contains(pool[index], fact);
    }

    void subject(const SubjectFacts& facts, const SubjectDims& dims) {
        set(dims[0], boxes_.users, facts.user);
        literals(dims[1], boxes_.groups, [&](const GroupLiteral& literal) {
            return one_is_in(boxes_.group_sets[literal.set], facts.groups);
        });
        set(dims[2], boxes_.exes, facts.exe);
        set(dims[3], boxes_.cgroups, facts.cgroup);
        literals(dims[4], boxes_.lineages, [&](const GroupLiteral& literal) {
            return match_one_of(boxes_.lineage_sets[literal.set], ancestors_of(facts));
        });
    }

    const Matches& matches() const { return matches_; }

  private:
    template <typename Holds>
    void literals(sp_dim dim, const std::vector<std::vector<GroupLiteral>>& pool, Holds holds) {
        matches_[dim] = Match::yes;
        for (const auto& literal : pool[box_.sets[dim]]) {
            const auto match = holds(literal);
            matches_[dim] = std::min(matches_[dim], literal.member ? match : opposite(match));
        }
    }

    const BoxSet& boxes_;
    const Box& box_;
    Matches matches_{};
};

std::optional<std::uint16_t> number_of(const std::optional<WriteMember>& member) {
    if (!member) return std::nullopt;
    return static_cast<std::uint16_t>(*member);
}

} // namespace

Match match_subject(const SubjectExpr& subject, const SubjectFacts& facts) {
    return match_expression(subject, facts, ancestors_of(facts));
}

Match match_ancestors(const SubjectExpr& subject, const SubjectFacts& facts) {
    return match_one_of(subject, ancestors_of(facts));
}

Matches match_sets(const BoxSet& boxes, const Box& box, const Attempt& attempt) {
    const auto& flow = attempt.flow;
    const auto& call = attempt.syscall;
    const std::optional key = syscall_key(call.abi, call.number);
    Matcher matcher{boxes, box};
    matcher.subject(attempt.subject, subject_dims);
    matcher.subject(attempt.peer, peer_dims);
    matcher.set(SP_DIM_SYSCALL, boxes.syscalls, key);
    matcher.set(SP_DIM_TRANSPORT, boxes.transports, flow.transport);
    matcher.set(SP_DIM_SOURCE, boxes.addresses, flow.source);
    matcher.set(SP_DIM_TARGET, boxes.addresses, flow.target);
    matcher.set(SP_DIM_PORT, boxes.ports, port_fact(flow));
    matcher.set(dim_path, boxes.paths, attempt.path);
    matcher.set(dim_member, boxes.members, number_of(attempt.member));
    matcher.set(dim_account, boxes.accounts, attempt.account);
    for (std::uint32_t i = 0; i < argument_count; ++i)
        matcher.set(static_cast<sp_dim>(dim_argument + i), boxes.arguments, call.arguments[i]);
    return matcher.matches();
}

Match worst(const Matches& matches) {
    return *std::min_element(matches.begin(), matches.end());
}

} // namespace synpol
