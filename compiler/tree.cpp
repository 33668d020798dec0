// SPDX-License-Identifier: Apache-2.0
#include "compiler/tree.h"

#include <algorithm>

namespace synpol {

namespace {

/// The two widths of keys: how many a page holds and how one looks there.
struct Keys32 {
    using Key = std::uint32_t;
    using Page = sp_tree32_page;
    static constexpr std::size_t fanout = SP_TREE32_FANOUT;
    static void put(Page& page, std::size_t slot, Key key) { page.key[slot] = key; }
};
struct Keys128 {
    using Key = Address;
    using Page = sp_tree128_page;
    static constexpr std::size_t fanout = SP_TREE128_FANOUT;
    static void put(Page& page, std::size_t slot, Key key) {
        page.key[slot] = {static_cast<sp_u64>(key >> 64), static_cast<sp_u64>(key)};
    }
};

template <typename Keys>
struct Level {
    std::vector<typename Keys::Key> keys;
    std::vector<std::uint32_t> values;
};

template <typename Keys>
typename Keys::Page make_page(const Level<Keys>& level, std::size_t begin) {
    typename Keys::Page page{};
    const auto end = std::min(begin + Keys::fanout, level.keys.size());
    for (std::size_t slot = 0; slot < Keys::fanout; ++slot) {
        const auto from = begin + slot;
        Keys::put(page, slot, from < end ? level.keys[from] : max_value<typename Keys::Key>());
        page.value[slot] = level.values[std::min(from, end - 1)];
    }
    return page;
}

/// Writes one level; the level above has the first key of each page and its number.
template <typename Keys>
Level<Keys> write_level(const Level<Keys>& level, PageWriter& pages) {
    Level<Keys> above;
    for (std::size_t begin = 0; begin < level.keys.size(); begin += Keys::fanout) {
        const auto page = pages.append(1);
        pages.put(page, 0, make_page(level, begin));
        above.keys.push_back(level.keys[begin]);
        above.values.push_back(page);
    }
    return above;
}

template <typename Keys>
sp_tree write(const Partition<typename Keys::Key>& partition, PageWriter& pages) {
    sp_tree tree{};
    if (partition.starts.size() == 1) {
        tree.single = partition.atoms.front();
        return tree;
    }
    Level<Keys> level{partition.starts, partition.atoms};
    do {
        level = write_level(level, pages);
        ++tree.depth;
    } while (level.keys.size() > 1);
    tree.root = level.values.front();
    return tree;
}

template <typename T>
void add_boundary(Partition<T>& partition, T start, std::uint32_t atom) {
    if (!partition.atoms.empty() && partition.atoms.back() == atom) return;
    partition.starts.push_back(start);
    partition.atoms.push_back(atom);
}

} // namespace

sp_tree write_tree(const Partition<std::uint32_t>& partition, PageWriter& pages) {
    return write<Keys32>(partition, pages);
}

sp_tree write_tree(const Partition<Address>& partition, PageWriter& pages) {
    return write<Keys128>(partition, pages);
}

Partition<std::uint32_t> v4_part(const Partition<Address>& addresses) {
    Partition<std::uint32_t> part;
    add_boundary(part, 0u, atom_at(addresses, v4_base));
    const auto first = std::upper_bound(addresses.starts.begin(), addresses.starts.end(), v4_base);
    for (auto start = first; start != addresses.starts.end() && is_v4(*start); ++start) {
        const auto place = static_cast<std::size_t>(start - addresses.starts.begin());
        add_boundary(part, static_cast<std::uint32_t>(*start), addresses.atoms[place]);
    }
    return part;
}

Partition<Address> v6_part(const Partition<Address>& addresses) {
    constexpr Address after_v4 = v4_base + (Address{1} << 32);
    Partition<Address> part;
    for (std::size_t i = 0; i < addresses.starts.size() && addresses.starts[i] < v4_base; ++i)
        add_boundary(part, addresses.starts[i], addresses.atoms[i]);
    add_boundary(part, after_v4, atom_at(addresses, after_v4));
    const auto rest = std::upper_bound(addresses.starts.begin(), addresses.starts.end(), after_v4);
    for (auto start = rest; start != addresses.starts.end(); ++start)
        add_boundary(part, *start,
                     addresses.atoms[static_cast<std::size_t>(start - addresses.starts.begin())]);
    return part;
}

} // namespace synpol
