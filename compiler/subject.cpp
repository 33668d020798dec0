// SPDX-License-Identifier: Apache-2.0
#include "compiler/subject.h"

#include <algorithm>
#include <iterator>

namespace synpol {

namespace {

using Kind = SubjectExpr::Kind;

class Expander {
  public:
    explicit Expander(std::vector<IdSet>& group_sets) : group_sets_{group_sets} {}

    /// `negated` pushes a `not` down to the facts, where it is a complement.
    std::optional<Products> expand(const SubjectExpr& subject, bool negated) {
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
    Products expand_fact(const SubjectExpr& subject, bool negated) {
        Product product;
        bool possible = true;
        switch (subject.kind) {
        case Kind::user:
            product.users = negated ? subject.ids.complement() : subject.ids;
            break;
        case Kind::group:
            possible = put_group(subject.ids, negated, product);
            break;
        case Kind::exe:
            product.exes = paths(subject, negated);
            break;
        case Kind::cgroup:
            product.cgroups = paths(subject, negated);
            break;
        default:
            possible = !negated;
            break; // any
        }
        if (!possible || known_empty(product, group_sets_)) return {};
        return {product};
    }

    static PathSet paths(const SubjectExpr& subject, bool negated) {
        return negated ? subtract_paths(PathSet::any(), subject.paths) : subject.paths;
    }

    /// Every process has a group, so `group any` is always true and `group none` never is.
    bool put_group(const IdSet& ids, bool negated, Product& product) {
        if (ids.is_all()) return !negated;
        if (ids.empty()) return negated;
        product.groups = {{index_of(ids), !negated}};
        return true;
    }

    std::uint32_t index_of(const IdSet& ids) {
        const auto found = std::find(group_sets_.begin(), group_sets_.end(), ids);
        const auto index = static_cast<std::uint32_t>(found - group_sets_.begin());
        if (found == group_sets_.end()) group_sets_.push_back(ids);
        return index;
    }

    std::optional<Products> expand_children(const SubjectExpr& subject, bool negated) {
        const bool conjunction = (subject.kind == Kind::all_of) != negated;
        Products products;
        if (conjunction) products.emplace_back();
        for (const auto& child : subject.children) {
            auto expanded = expand(child, negated);
            if (!expanded) return std::nullopt;
            products = conjunction ? cross(products, *expanded) : join(products, *expanded);
            if (products.size() > products_max) return std::nullopt;
        }
        return products;
    }

    Products cross(const Products& a, const Products& b) const {
        Products crossed;
        for (const auto& x : a) {
            for (const auto& y : b) {
                auto both = intersect(x, y);
                if (!known_empty(both, group_sets_)) crossed.push_back(std::move(both));
                if (crossed.size() > products_max) return crossed;
            }
        }
        return crossed;
    }

    static Products join(Products a, const Products& b) {
        a.insert(a.end(), b.begin(), b.end());
        return a;
    }

    std::vector<IdSet>& group_sets_;
};

} // namespace

std::optional<Products> expand_subject(const SubjectExpr& subject, std::vector<IdSet>& group_sets) {
    return Expander{group_sets}.expand(subject, false);
}

} // namespace synpol
