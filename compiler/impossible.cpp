// SPDX-License-Identifier: Apache-2.0
#include "compiler/impossible.h"

#include <algorithm>

#include "compiler/transport.h"

namespace synpol {

namespace {

constexpr std::uint32_t no_id = 0xffffffff; // (uid_t)-1 means "leave it as it is"
constexpr std::uint64_t narrow_max = 0xffffffff;

IdSet real_ids() {
    return IdSet::range(0, no_id - 1);
}

/// Keys that say nothing of a state: all but packets of TCP.
TransportSet stateless_transports() {
    std::vector<Interval<std::uint16_t>> keys;
    for (std::uint16_t key = 0; key < SP_TRANSPORT_KEYS; key = static_cast<std::uint16_t>(key + 4))
        keys.push_back({key, key});
    return TransportSet::from(std::move(keys));
}

TransportSet packet_transports() {
    constexpr std::uint16_t tcp = 6 * 4;
    return stateless_transports() | TransportSet::range(tcp, tcp + SP_TCP_ESTABLISHED);
}

SyscallSet narrow_calls() {
    constexpr auto first = static_cast<std::uint16_t>(syscalls_per_abi * SP_ABI_I386);
    return SyscallSet::range(first, static_cast<std::uint16_t>(first + syscalls_per_abi - 1));
}

AddressSet v4_addresses() {
    return AddressSet::range(from_v4(0), from_v4(0xffffffff));
}

/// The kernel connects to the host itself instead (attempt_text.cpp).
AddressSet unspecified() {
    return AddressSet::single(0) | AddressSet::single(from_v4(0));
}

Boundaries make_boundaries() {
    return {{real_ids()},
            {narrow_calls()},
            {stateless_transports(), packet_transports(), transports_with_ports()},
            {v4_addresses(), unspecified()},
            {PortSet::single(0)},
            ArgumentSet::range(0, narrow_max)};
}

class Universe {
  public:
    Universe(Action action, const Points& points)
        : action_{action}, points_{points}, dims_{dims_of(action)} {}

    Cells cells() const {
        Cells cells = {widest()};
        if (has_flow(action_)) cells = split_by_ports(cells.front());
        if (is_packet(action_)) cells = split_by_family(cells);
        if (action_ == Action::syscall) cells = split_by_width(cells.front());
        return cells;
    }

  private:
    std::size_t slot(sp_dim dim) const {
        return static_cast<std::size_t>(std::find(dims_.begin(), dims_.end(), dim) - dims_.begin());
    }

    /// Every slot by itself.
    Cell widest() const {
        Cell cell;
        for (std::size_t i = 0; i < dims_.size(); ++i)
            cell[i] = points_.dimension(dims_[i]).possible;
        const auto keep = [&](sp_dim dim, const PointSet& set) {
            cell[slot(dim)] = meet(cell[slot(dim)], set);
        };
        if (!is_packet(action_)) keep(SP_DIM_USER, points_.of_users(real_ids()));
        if (has_peer(action_)) keep(dim_peer_user, points_.of_users(real_ids()));
        if (action_ == Action::setuid) keep(dim_account, points_.of_accounts(real_ids()));
        if (has_path(action_) && action_ != Action::exec)
            keep(dim_path, points_.of_paths_without_memfd());
        if (has_flow(action_))
            keep(SP_DIM_TRANSPORT,
                 points_.of_transports(is_packet(action_) ? packet_transports()
                                                          : stateless_transports()));
        if (action_ == Action::connect)
            keep(SP_DIM_TARGET, points_.of_addresses(unspecified().complement()));
        return cell;
    }

    /// The port of a protocol without ports is 0.
    Cells split_by_ports(const Cell& cell) const {
        Cells cells = {cell, cell};
        const auto transport = slot(SP_DIM_TRANSPORT);
        const auto with_ports = points_.of_transports(transports_with_ports());
        cells[0][transport] = meet(cell[transport], with_ports);
        cells[1][transport] = cell[transport] - with_ports;
        cells[1][slot(SP_DIM_PORT)] = points_.of_ports(PortSet::single(0));
        return cells;
    }

    Cells split_by_family(const Cells& cells) const {
        const auto v4 = points_.of_addresses(v4_addresses());
        Cells split;
        for (const auto& cell : cells) {
            for (const bool is_v4 : {true, false}) {
                split.push_back(cell);
                for (const auto dim : {SP_DIM_SOURCE, SP_DIM_TARGET}) {
                    auto& set = split.back()[slot(dim)];
                    set = is_v4 ? meet(set, v4) : set - v4;
                }
            }
        }
        return split;
    }

    /// The registers of a 32-bit caller.
    Cells split_by_width(const Cell& cell) const {
        Cells cells = {cell, cell};
        const auto narrow = points_.of_syscalls(narrow_calls());
        const auto call = slot(SP_DIM_SYSCALL);
        cells[0][call] = cell[call] - narrow;
        cells[1][call] = meet(cell[call], narrow);
        for (std::size_t i = 0; i < argument_count; ++i) {
            auto& set = cells[1][slot(argument_dim(i))];
            set = meet(set, points_.of_argument(i, boundaries().argument));
        }
        return cells;
    }

    Action action_;
    const Points& points_;
    const std::vector<sp_dim>& dims_;
};

} // namespace

const Boundaries& boundaries() {
    static const auto sets = make_boundaries();
    return sets;
}

Cells possible_cells(Action action, const Points& points) {
    auto cells = Universe{action, points}.cells();
    const auto slots = dims_of(action).size();
    std::erase_if(cells, [slots](const Cell& cell) {
        return std::any_of(cell.begin(), cell.begin() + static_cast<std::ptrdiff_t>(slots),
                           [](const PointSet& set) { return set.empty(); });
    });
    return cells;
}

} // namespace synpol
