// SPDX-License-Identifier: Apache-2.0
// ImageReader: the decision as bpf/ makes it, step for step, from the bytes. A page number outside
// the image reads as a page of zeros, which matches nothing.
#include <algorithm>
#include <bit>
#include <cstring>

#include "compiler/attempt.h"
#include "compiler/dims.h"
#include "compiler/image.h"
#include "compiler/transport.h"

namespace synpol {

namespace {

class Pages {
  public:
    explicit Pages(const Image& image) : bytes_{image.bytes()} {}

    /// Element `index` of an array that starts with page `first` and does not straddle pages.
    template <typename T>
    T element(std::uint32_t first, std::size_t index) const {
        constexpr std::size_t per_page = SP_PAGE_SIZE / sizeof(T);
        return at<T>(first + index / per_page, index % per_page * sizeof(T));
    }

    template <typename T>
    T at(std::size_t page, std::size_t offset) const {
        T value{};
        const auto start = page * SP_PAGE_SIZE + offset;
        if (start + sizeof(T) <= bytes_.size())
            std::memcpy(&value, bytes_.data() + start, sizeof value);
        return value;
    }

  private:
    std::span<const std::uint8_t> bytes_;
};

Address number_of(const sp_key128& key) {
    return (static_cast<Address>(key.high) << 64) | key.low;
}
std::uint32_t number_of(std::uint32_t key) {
    return key;
}

template <typename Page, typename Key>
std::uint32_t search(const Pages& pages, const sp_tree& tree, Key value) {
    if (tree.depth == 0) return tree.single;
    std::uint32_t next = tree.root;
    for (std::uint32_t level = 0; level < tree.depth; ++level) {
        const auto page = pages.at<Page>(next, 0);
        const auto after =
            std::upper_bound(std::begin(page.key), std::end(page.key), value,
                             [](Key v, const auto& key) { return v < number_of(key); });
        if (after == std::begin(page.key))
            return SP_ATOM_NONE; // corrupt: no key is at or below the value
        next = page.value[after - std::begin(page.key) - 1];
    }
    return next;
}

std::uint32_t v4_atom(const Pages& pages, const sp_header& header, std::uint32_t address) {
    if (header.v4.depth != 0 && header.v4_states != 0) {
        const auto page = pages.element<sp_u32>(header.v4_states, address >> 22);
        const auto block = (address >> 8) & 16383u;
        const auto byte = pages.at<sp_u8>(page, block / 4);
        const unsigned state = (byte >> (block % 4 * 2)) & 3u;
        if (state != SP_V4_SEARCH) return header.v4_common[state];
    }
    return search<sp_tree32_page>(pages, header.v4, address);
}

std::uint32_t address_atom(const Pages& pages, const sp_header& header, Address address) {
    if (is_v4(address)) return v4_atom(pages, header, static_cast<std::uint32_t>(address));
    return search<sp_tree128_page>(pages, header.v6, address);
}

std::uint32_t group_atom(const Pages& pages, const sp_header& header,
                         const std::vector<std::uint32_t>& groups) {
    if (header.group_sets == 0) return SP_ATOM_FIRST;
    std::uint32_t mask = 0;
    for (const auto gid : groups) mask |= search<sp_tree32_page>(pages, header.groups, gid);
    return pages.element<sp_u32>(header.group_atoms, mask);
}

/// `bytes` in the order in which the kernel meets them; none for a file that has no path.
template <typename Bytes>
std::uint32_t path_atom(const Pages& pages, const sp_automaton& automaton, const Bytes& bytes) {
    if (automaton.states == 0) return automaton.single;
    std::uint32_t state = bytes.begin() == bytes.end() ? 0 : 1;
    for (const char byte : bytes) {
        if (state == 0) break;
        const auto byte_class =
            pages.element<sp_u16>(automaton.class_page, static_cast<unsigned char>(byte));
        state = pages.element<sp_u16>(automaton.next,
                                      (std::size_t{state} << automaton.class_bits) | byte_class);
    }
    return state == 0 ? automaton.dead_atom : pages.element<sp_u32>(automaton.accept, state);
}

std::uint32_t diagram_atom(const Pages& pages, const sp_argument& argument, std::uint64_t value) {
    auto edge = argument.root;
    for (unsigned step = 0; step < SP_DIAGRAM_STEPS && (edge & SP_DIAGRAM_ATOM) == 0; ++step) {
        const auto node = pages.element<sp_diagram_node>(argument.nodes, edge);
        edge = (value >> (node.bit & 63u) & 1u) != 0 ? node.one : node.zero;
    }
    return (edge & SP_DIAGRAM_ATOM) != 0 ? edge & ~SP_DIAGRAM_ATOM : std::uint32_t{SP_ATOM_NONE};
}

template <typename Fact, typename Look>
std::uint32_t atom_or_unknown(const std::optional<Fact>& fact, Look look) {
    return fact ? look(*fact) : std::uint32_t{SP_ATOM_UNKNOWN};
}

// ---- facts to atoms ----------------------------------------------------------------------------

class AtomFinder {
  public:
    explicit AtomFinder(const Image& image) : pages_{image}, header_{image.header()} {}

    std::uint32_t find(sp_dim dim, const Attempt& attempt) const {
        if (dim < SP_SUBJECT_DIMS) return of_process(dim, attempt.subject);
        if (dim >= dim_peer_user && dim < dim_peer_lineage)
            return of_process(subject_dims[dim - dim_peer_user], attempt.peer);
        if (dim == SP_DIM_SYSCALL) return of_call(attempt.syscall);
        return dim < SP_DIM_COUNT ? of_flow(dim, attempt.flow) : of_object(dim, attempt);
    }

  private:
    std::uint32_t of_process(sp_dim dim, const SubjectFacts& facts) const {
        if (dim == SP_DIM_USER)
            return atom_or_unknown(facts.user, [&](auto uid) { return of_id(header_.users, uid); });
        if (dim == SP_DIM_GROUP)
            return atom_or_unknown(
                facts.groups, [&](const auto& gids) { return group_atom(pages_, header_, gids); });
        if (dim == SP_DIM_EXE)
            return atom_or_unknown(facts.exe,
                                   [&](const auto& path) { return of_path(header_.exe, path); });
        return atom_or_unknown(facts.cgroup, [&](const auto& path) {
            return path_atom(pages_, header_.cgroup, path);
        });
    }

    std::uint32_t of_call(const SyscallFacts& call) const {
        const auto key = sp_syscall_key(static_cast<sp_u32>(call.abi), call.number);
        return header_.syscalls[0] == 0
                   ? header_.syscall_single
                   : pages_.element<sp_u16>(header_.syscalls[key / SP_U16_PER_PAGE],
                                            key % SP_U16_PER_PAGE);
    }

    std::uint32_t of_flow(sp_dim dim, const FlowFacts& flow) const {
        if (dim == SP_DIM_TRANSPORT)
            return atom_or_unknown(flow.transport, [&](auto key) { return of_transport(key); });
        if (dim == SP_DIM_PORT)
            return atom_or_unknown(port_fact(flow), [&](auto port) { return of_port(port); });
        return atom_or_unknown(dim == SP_DIM_SOURCE ? flow.source : flow.target, [&](auto address) {
            return address_atom(pages_, header_, address);
        });
    }

    std::uint32_t of_transport(std::uint32_t key) const {
        return header_.transports == 0 ? header_.transport_single
                                       : pages_.element<sp_u16>(header_.transports, key);
    }

    std::uint32_t of_port(std::uint32_t port) const {
        return header_.ports[0] == 0 ? header_.port_single
                                     : pages_.element<sp_u16>(header_.ports[port / SP_U16_PER_PAGE],
                                                              port % SP_U16_PER_PAGE);
    }

    std::uint32_t of_object(sp_dim dim, const Attempt& attempt) const {
        if (dim == dim_path)
            return atom_or_unknown(attempt.path, [&](const auto& path) {
                return path == memfd_path ? header_.memfd_atom : of_path(header_.path, path);
            });
        if (dim == dim_member)
            return atom_or_unknown(attempt.member, [&](auto member) {
                return header_.members[static_cast<std::size_t>(member)];
            });
        if (dim == dim_account)
            return atom_or_unknown(attempt.account,
                                   [&](auto uid) { return of_id(header_.accounts, uid); });
        return of_argument(dim - dim_argument, attempt.syscall);
    }

    /// A diagram that does not end after all bits is corrupt: no atom.
    std::uint32_t of_argument(std::size_t index, const SyscallFacts& call) const {
        for (const auto& argument : arguments_with_places(header_))
            if (argument.index == index)
                return atom_or_unknown(call.arguments[index], [&](auto value) {
                    return diagram_atom(pages_, argument, value);
                });
        return SP_ATOM_UNKNOWN; // nobody asks
    }

    std::uint32_t of_id(const sp_tree& tree, std::uint32_t id) const {
        return search<sp_tree32_page>(pages_, tree, id);
    }

    std::uint32_t of_path(const sp_automaton& automaton, const std::string& path) const {
        return path_atom(pages_, automaton, std::string{path.rbegin(), path.rend()});
    }

    Pages pages_;
    const sp_header& header_;
};

// ---- rows --------------------------------------------------------------------------------------

struct Row {
    sp_row header{};
    std::size_t page = 0;
    std::size_t offset = 0; ///< of the stored words
};

Row read_row(const Pages& pages, const sp_area& area, unsigned place, std::uint32_t atom) {
    const auto reference = pages.element<sp_u32>(area.rowdir[place], atom);
    Row row;
    if (reference == 0) return row;
    row.page = SP_ROW_PAGE(reference);
    row.header = pages.at<sp_row>(row.page, SP_ROW_OFFSET(reference));
    row.offset = SP_ROW_OFFSET(reference) + SP_ROW_HEADER;
    return row;
}

std::uint64_t word_of(const Pages& pages, const Row& row, std::size_t word) {
    const auto summary = row.header.summary[word / 64];
    const auto bit = std::uint64_t{1} << word % 64;
    if ((summary & bit) == 0) return 0;
    const auto before =
        row.header.prefix[word / 64] + static_cast<unsigned>(std::popcount(summary & (bit - 1)));
    return pages.at<std::uint64_t>(row.page, row.offset + before * sizeof(std::uint64_t));
}

std::vector<Row> constraining_rows(const Pages& pages, const sp_area& area,
                                   const PlaceAtoms& atoms) {
    std::vector<Row> rows;
    for (unsigned place = 0; place < SP_DIM_COUNT; ++place)
        if (area.rowdir[place] != 0) rows.push_back(read_row(pages, area, place, atoms[place]));
    return rows;
}

std::uint64_t surviving_word(const Pages& pages, const sp_area& area, const std::vector<Row>& rows,
                             std::size_t word) {
    const auto used = area.box_count - word * 64;
    std::uint64_t bits = used >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << used) - 1;
    for (const auto& row : rows) bits &= word_of(pages, row, word);
    return bits;
}

/// Every box whose bit is set in the rows of all dimensions, in order.
std::vector<std::uint32_t> surviving_boxes(const Pages& pages, const sp_area& area,
                                           const std::vector<Row>& rows) {
    std::vector<std::uint32_t> boxes;
    const std::size_t words = (std::min(area.box_count, SP_BOXES_MAX) + 63) / 64;
    for (std::size_t word = 0; word < words; ++word)
        for (auto bits = surviving_word(pages, area, rows, word); bits != 0; bits &= bits - 1)
            boxes.push_back(static_cast<std::uint32_t>(word * 64) +
                            static_cast<std::uint32_t>(std::countr_zero(bits)));
    return boxes;
}

} // namespace

PlaceAtoms ImageReader::atoms_of(const Attempt& attempt) const {
    const AtomFinder finder{image_};
    const auto area = area_of(attempt.action, Stage::rule);
    PlaceAtoms atoms{};
    for (std::uint32_t place = 0; place < SP_DIM_COUNT; ++place) {
        const auto dim = dim_at_place(area, place, image_.header());
        atoms[place] = dim ? finder.find(*dim, attempt) : std::uint32_t{SP_ATOM_UNKNOWN};
    }
    return atoms;
}

ImageDecision ImageReader::decide(sp_area_id id, const PlaceAtoms& atoms) const {
    ImageDecision decision;
    decision.atoms = atoms;
    if ((image_.header().areas >> id & 1u) == 0) return decision;
    const Pages pages{image_};
    const sp_area& area = image_.header().area[id];
    decision.boxes = surviving_boxes(pages, area, constraining_rows(pages, area, atoms));
    if (decision.boxes.empty()) return decision;
    decision.first_box = decision.boxes.front();
    const auto first = box(id, decision.first_box);
    decision.verdict = static_cast<Outcome>(first.verdict);
    decision.error = first.error;
    // Of a limit every box counts; elsewhere those of the strongest outcome determine.
    if (id != SP_AREA_LIMIT_INBOUND)
        std::erase_if(decision.boxes,
                      [&](auto index) { return box(id, index).verdict != first.verdict; });
    return decision;
}

sp_box ImageReader::box(sp_area_id area, std::uint32_t index) const {
    return Pages{image_}.element<sp_box>(image_.header().area[area].boxes, index);
}

sp_rule ImageReader::rule(std::uint32_t index) const {
    return Pages{image_}.element<sp_rule>(image_.header().rules, index);
}

} // namespace synpol
