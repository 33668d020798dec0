// SPDX-License-Identifier: Apache-2.0
#include "compiler/region.h"

#include <algorithm>
#include <iterator>

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

void put_flow(Action action, const FlowPattern& flow, Product& product) {
    product.transports = flow.transports & all_transport_keys();
    product.target = flow.target;
    product.ports = flow.ports;
    if (is_packet(action)) product.source = flow.source;
    restrict_to_ports(product);
}

void put_call(const ObjectPattern& object, Product& product) {
    product.syscalls = object.syscalls & all_syscall_keys();
    product.arguments = object.arguments;
}

/// All of the object but its peer.
Product product_of(Action action, const ObjectPattern& object) {
    Product product;
    if (action == Action::syscall) put_call(object, product);
    if (has_flow(action)) put_flow(action, object.flow, product);
    if (has_path(action)) product.paths = object.paths;
    if (action == Action::write) product.members = object.members & every_write_member();
    if (action == Action::setuid) product.accounts = object.accounts;
    return product;
}

/// What a fence closes. One that names ways to write alone (`only create`) closes those alone; a
/// line of a confine closes the whole kind.
Product closed_by(const Rule& rule) {
    Product closed;
    if (rule.action != Action::write || rule.confined || rule.objects.empty()) return closed;
    closed.members = {};
    for (const auto& object : rule.objects) closed.members = closed.members | object.members;
    closed.members = closed.members & every_write_member();
    return closed;
}

std::optional<Products> times(const std::optional<SubjectParts>& subjects,
                              const std::optional<Products>& objects) {
    if (!subjects || !objects || subjects->size() * objects->size() > products_max)
        return std::nullopt;
    Products products;
    for (const auto& subject : *subjects) {
        for (const auto& object : *objects) {
            products.push_back(object);
            products.back().subject = subject;
        }
    }
    return products;
}

} // namespace

std::optional<Products> RegionMaker::object_of(Action action, const ObjectPattern& object) {
    const Product product = product_of(action, object);
    if (!has_peer(action)) return Products{product};
    const auto peers = expand_subject(object.peer, vocabulary_);
    if (!peers) return std::nullopt;
    Products products(peers->size(), product);
    for (std::size_t i = 0; i < peers->size(); ++i) products[i].peer = (*peers)[i];
    return products;
}

std::optional<Products> RegionMaker::objects_of(Action action,
                                                const std::vector<ObjectPattern>& objects) {
    Products all;
    for (const auto& object : objects) {
        auto products = object_of(action, object);
        if (!products) return std::nullopt;
        std::move(products->begin(), products->end(), std::back_inserter(all));
        if (all.size() > products_max) return std::nullopt;
    }
    return all;
}

std::optional<SubjectParts> RegionMaker::subjects_of(Action action, const SubjectExpr& subject) {
    if (is_packet(action)) return SubjectParts{SubjectPart{}}; // packets have no subject
    return expand_subject(subject, vocabulary_);
}

std::optional<Products> RegionMaker::whole_region(const Rule& rule) {
    auto objects = objects_of(rule.action, rule.objects);
    if (!objects) return std::nullopt;
    if (rule.kind == RuleKind::only) {
        Products outside = {closed_by(rule)};
        for (const auto& allowed : *objects) {
            outside = subtract(outside, allowed, vocabulary_.group_sets);
            if (outside.size() > products_max) return std::nullopt;
        }
        objects = std::move(outside);
    }
    return times(subjects_of(rule.action, rule.subject), objects);
}

std::optional<Products> RegionMaker::hole_of(const Rule& rule, const Exception& exception) {
    return times(subjects_of(rule.action, exception.subject),
                 object_of(rule.action, exception.object));
}

std::optional<Products> RegionMaker::take_exceptions(const Rule& rule, const Products& whole) {
    Products region = whole;
    for (const auto& exception : rule.exceptions) {
        const auto holes = hole_of(rule, exception);
        if (!holes) return std::nullopt;
        for (const auto& hole : *holes) {
            region = subtract(region, hole, vocabulary_.group_sets);
            if (region.size() > products_max) return std::nullopt;
        }
    }
    return region;
}

void RegionMaker::normalise(Action action, Products& products) const {
    if (has_flow(action)) {
        for (auto& product : products) {
            restrict_to_ports(product);
            product.transports = close_over_unreadable(product.transports);
        }
    }
    std::erase_if(products, [&](const auto& product) {
        return known_empty(product, vocabulary_.group_sets);
    });
}

std::optional<Products> RegionMaker::region_of(const Rule& rule) {
    const auto whole = whole_region(rule);
    if (!whole) return std::nullopt;
    auto region = take_exceptions(rule, *whole);
    if (!region) return std::nullopt;
    if (stage_of(rule) != Stage::rule) region = make_disjoint(*region, vocabulary_.group_sets);
    normalise(rule.action, *region);
    if (region->size() > products_max) return std::nullopt;
    return region;
}

std::optional<Products> RegionMaker::region_of(const AttemptPattern& pattern) {
    auto region = times(subjects_of(pattern.action, pattern.subject),
                        objects_of(pattern.action, pattern.objects));
    if (region) normalise(pattern.action, *region);
    return region;
}

} // namespace synpol
