// SPDX-License-Identifier: Apache-2.0
// PathSet: boolean expressions over globs (policy/values.h).
#include <algorithm>
#include <cassert>
#include <mutex>

#include "policy/values.h"

namespace synpol {

struct PathSet::Node {
    Node(Kind the_kind, Glob the_glob) : kind{the_kind}, glob{std::move(the_glob)} {}
    Node(Kind the_kind, PathSet a, PathSet b)
        : kind{the_kind}, left{std::move(a)}, right{std::move(b)},
          weight{add(left.weight(), right.weight())}, height{1 + std::max(left.height(),
                                                                          right.height())} {}

    static std::size_t add(std::size_t a, std::size_t b) {
        constexpr std::size_t enough = std::size_t{1} << 40;
        return std::min(a + b + 1, enough);
    }
    void spell(std::string& out) const;

    Kind kind;
    Glob glob;
    PathSet left{std::shared_ptr<const Node>{}};
    PathSet right{std::shared_ptr<const Node>{}};
    std::size_t weight = 1;
    std::size_t height = 1;
    // Spelled on demand: the keys of all the parts of a union of n paths would be n^2 bytes.
    mutable std::once_flag spelled;
    mutable std::string key;
};

void PathSet::Node::spell(std::string& out) const {
    struct Sign {
        Kind kind;
        const char* text;
    };
    constexpr Sign signs[] = {
        {Kind::unite, " + "}, {Kind::intersect, " & "}, {Kind::subtract, " - "}};
    for (const auto& [sign, text] : signs) {
        if (sign != kind) continue;
        out += '(';
        left.node_->spell(out);
        out += text;
        right.node_->spell(out);
        out += ')';
        return;
    }
    out += kind == Kind::glob ? glob.text : kind == Kind::any ? "any" : "none";
}

PathSet PathSet::none() {
    static const auto node = std::make_shared<const Node>(Kind::none, Glob{});
    return PathSet{node};
}

PathSet PathSet::any() {
    static const auto node = std::make_shared<const Node>(Kind::any, Glob{});
    return PathSet{node};
}

PathSet PathSet::glob(Glob glob) {
    if (glob.text == "/**") return any();
    return PathSet{std::make_shared<const Node>(Kind::glob, std::move(glob))};
}

PathSet operator|(const PathSet& a, const PathSet& b) {
    using Kind = PathSet::Kind;
    if (a.node_ == b.node_ || b.kind() == Kind::none || a.kind() == Kind::any) return a;
    if (a.kind() == Kind::none || b.kind() == Kind::any) return b;
    return PathSet{std::make_shared<const PathSet::Node>(Kind::unite, a, b)};
}

PathSet operator&(const PathSet& a, const PathSet& b) {
    using Kind = PathSet::Kind;
    if (a.node_ == b.node_ || b.kind() == Kind::any || a.kind() == Kind::none) return a;
    if (a.kind() == Kind::any || b.kind() == Kind::none) return b;
    return PathSet{std::make_shared<const PathSet::Node>(Kind::intersect, a, b)};
}

PathSet operator-(const PathSet& a, const PathSet& b) {
    using Kind = PathSet::Kind;
    if (b.kind() == Kind::none || a.kind() == Kind::none) return a;
    if (b.kind() == Kind::any || a.node_ == b.node_) return PathSet::none();
    const bool twice =
        a.kind() == Kind::any && b.kind() == Kind::subtract && b.left().kind() == Kind::any;
    if (twice) return b.right();
    return PathSet{std::make_shared<const PathSet::Node>(Kind::subtract, a, b)};
}

bool PathSet::contains(std::string_view path) const {
    switch (kind()) {
    case Kind::none:
        return false;
    case Kind::any:
        return true;
    case Kind::glob:
        return matches(glob(), path);
    case Kind::unite:
        return left().contains(path) || right().contains(path);
    case Kind::intersect:
        return left().contains(path) && right().contains(path);
    case Kind::subtract:
        return left().contains(path) && !right().contains(path);
    }
    assert(false);
    return false;
}

PathSet::Kind PathSet::kind() const {
    return node_->kind;
}
const Glob& PathSet::glob() const {
    return node_->glob;
}
const PathSet& PathSet::left() const {
    return node_->left;
}
const PathSet& PathSet::right() const {
    return node_->right;
}
std::size_t PathSet::weight() const {
    return node_->weight;
}
std::size_t PathSet::height() const {
    return node_->height;
}

const std::string& PathSet::key() const {
    std::call_once(node_->spelled, [this] { node_->spell(node_->key); });
    return node_->key;
}

} // namespace synpol
