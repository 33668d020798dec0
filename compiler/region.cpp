// SPDX-License-Identifier: Apache-2.0
#include "compiler/region.h"

#include <algorithm>

#include "compiler/subject.h"
#include "compiler/transport.h"

namespace synpol {

namespace {

bool covers_whole_protocols(const TransportSet& transports) {
    const auto whole = [](const auto& keys) { return keys.first % 4 == 0 && keys.last % 4 == 3; };
    return std::all_of(transports.intervals().begin(), transports.intervals().end(), whole);
}

/// A segment whose flags cannot be read may be in any state: a set that contains any state of a
/// protocol contains the unreadable one too, and only then.
TransportSet close_over_unreadable(const TransportSet& transports) {
    if (covers_whole_protocols(transports)) return transports;
    std::vector<Interval<std::uint16_t>> keys;
    for (unsigned first = 0; first < SP_TRANSPORT_KEYS; first += 4) {
        const auto unreadable = static_cast<std::uint16_t>(first + SP_TCP_UNREADABLE);
        const auto readable = TransportSet::range(static_cast<std::uint16_t>(first),
                                                  static_cast<std::uint16_t>(unreadable - 1));
        const auto states = transports & readable;
        if (states.empty()) continue;
        keys.insert(keys.end(), states.intervals().begin(), states.intervals().end());
        keys.push_back({unreadable, unreadable});
    }
    return TransportSet::from(std::move(keys));
}

/// Only protocols that have ports can match a set of ports.
void restrict_to_ports(Product& product) {
    if (!product.ports.is_all()) product.transports = product.transports & transports_with_ports();
}

Product object_of(Action action, const ObjectPattern& object) {
    Product product;
    if (action == Action::syscall) {
        product.syscalls = object.syscalls & Product::all_syscall_keys();
        return product;
    }
    product.transports = object.flow.transports & Product::all_transport_keys();
    product.target = object.flow.target;
    product.ports = object.flow.ports;
    if (action == Action::inbound) product.source = object.flow.source;
    restrict_to_ports(product);
    return product;
}

void normalise(Products& products, const std::vector<IdSet>& group_sets) {
    for (auto& product : products) {
        restrict_to_ports(product);
        product.transports = close_over_unreadable(product.transports);
    }
    std::erase_if(products, [&](const auto& product) { return known_empty(product, group_sets); });
}

std::optional<Products> times(const std::optional<Products>& subjects, const Products& objects) {
    if (!subjects || subjects->size() * objects.size() > products_max) return std::nullopt;
    Products products;
    for (const auto& subject : *subjects)
        for (const auto& object : objects) products.push_back(intersect(subject, object));
    return products;
}

} // namespace

std::optional<Products> RegionMaker::whole_region(const Rule& rule) {
    Products objects = {object_of(rule.action, rule.object)};
    if (rule.kind == RuleKind::only) objects = subtract(Product{}, objects.front(), group_sets_);
    return times(subjects_of(rule, rule.subject), objects);
}

std::optional<Products> RegionMaker::subjects_of(const Rule& rule, const SubjectExpr& subject) {
    if (rule.action == Action::inbound) return Products{Product{}}; // packets have no subject
    return expand_subject(subject, group_sets_);
}

std::optional<Products> RegionMaker::holes_of(const Rule& rule, const Exception& exception) {
    return times(subjects_of(rule, exception.subject), {object_of(rule.action, exception.object)});
}

bool RegionMaker::overlap(const Products& a, const Products& b) const {
    for (const auto& x : a)
        for (const auto& y : b)
            if (!known_empty(intersect(x, y), group_sets_)) return true;
    return false;
}

std::optional<Products> RegionMaker::region_of(const Rule& rule) {
    dead_exceptions_.clear();
    const auto whole = whole_region(rule);
    if (!whole) return std::nullopt;
    Products region = *whole;
    for (std::size_t i = 0; i < rule.exceptions.size(); ++i) {
        const auto holes = holes_of(rule, rule.exceptions[i]);
        if (!holes) return std::nullopt;
        if (!overlap(*whole, *holes)) dead_exceptions_.push_back(i);
        for (const auto& hole : *holes) region = subtract(region, hole, group_sets_);
        if (region.size() > products_max) return std::nullopt;
    }
    if (rule.kind == RuleKind::limit) region = make_disjoint(region, group_sets_);
    normalise(region, group_sets_);
    if (region.size() > products_max) return std::nullopt;
    return region;
}

} // namespace synpol
