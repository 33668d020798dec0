// SPDX-License-Identifier: Apache-2.0
#include "compiler/subject.h"

#include <algorithm>
#include <iterator>

namespace synpol {

namespace {

using Kind = SubjectExpr::Kind;

template <typename Set>
std::uint32_t index_of(const Set& set, std::vector<Set>& known) {
    const auto found = std::find(known.begin(), known.end(), set);
    const auto index = static_cast<std::uint32_t>(found - known.begin());
    if (found == known.end()) known.push_back(set);
    return index;
}

class Expander {
  public:
    explicit Expander(const Vocabulary& vocabulary) : vocabulary_{vocabulary} {}

    /// `negated` pushes a `not` down to the facts, where it is a complement.
    std::optional<SubjectParts> expand(const SubjectExpr& subject, bool negated) {
        switch (subject.kind) {
        case Kind::negate:
            return expand(subject.children.front(), !negated);
        case Kind::all_of:
        case Kind::any_of:
            return expand_children(subject, negated);
        default:
            return expand_fact(subject, negated);
        }
    }

  private:
    SubjectParts expand_fact(const SubjectExpr& subject, bool negated) {
        SubjectPart part;
        bool possible = true;
        switch (subject.kind) {
        case Kind::user:
            part.users = negated ? subject.ids.complement() : subject.ids;
            break;
        case Kind::group:
            possible = put_group(subject.ids, negated, part);
            break;
        case Kind::exe:
            part.exes = paths(subject, negated);
            break;
        case Kind::cgroup:
            part.cgroups = paths(subject, negated);
            break;
        case Kind::descendants:
            part.lineage = {
                {index_of(subject.children.front(), vocabulary_.lineage_sets), !negated}};
            break;
        default:
            possible = !negated;
            break; // any
        }
        if (!possible || known_empty(part, vocabulary_.group_sets)) return {};
        return {part};
    }

    static PathSet paths(const SubjectExpr& subject, bool negated) {
        return negated ? subtract_paths(PathSet::any(), subject.paths) : subject.paths;
    }

    /// Every process has a group, so `group any` is always true and `group none` never is.
    bool put_group(const IdSet& ids, bool negated, SubjectPart& part) {
        if (ids.is_all()) return !negated;
        if (ids.empty()) return negated;
        part.groups = {{index_of(ids, vocabulary_.group_sets), !negated}};
        return true;
    }

    std::optional<SubjectParts> expand_children(const SubjectExpr& subject, bool negated) {
        const bool conjunction = (subject.kind == Kind::all_of) != negated;
        SubjectParts parts;
        if (conjunction) parts.emplace_back();
        for (const auto& child : subject.children) {
            auto expanded = expand(child, negated);
            if (!expanded) return std::nullopt;
            parts = conjunction ? cross(parts, *expanded) : join(std::move(parts), *expanded);
            if (parts.size() > products_max) return std::nullopt;
        }
        return parts;
    }

    SubjectParts cross(const SubjectParts& a, const SubjectParts& b) const {
        SubjectParts crossed;
        for (const auto& x : a) {
            for (const auto& y : b) {
                auto both = intersect(x, y);
                if (both && !known_empty(*both, vocabulary_.group_sets))
                    crossed.push_back(std::move(*both));
                if (crossed.size() > products_max) return crossed;
            }
        }
        return crossed;
    }

    static SubjectParts join(SubjectParts a, const SubjectParts& b) {
        a.insert(a.end(), b.begin(), b.end());
        return a;
    }

    Vocabulary vocabulary_;
};

} // namespace

std::optional<SubjectParts> expand_subject(const SubjectExpr& subject,
                                           const Vocabulary& vocabulary) {
    return Expander{vocabulary}.expand(subject, false);
}

} // namespace synpol
