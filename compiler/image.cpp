// SPDX-License-Identifier: Apache-2.0
// The value type and the checks of bytes that come from elsewhere. Building is image_builder.cpp,
// deciding image_reader.cpp.
#include "compiler/image.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "compiler/diagram.h"
#include "compiler/digest.h"
#include "compiler/dims.h"

namespace synpol {

namespace {

/// Collects what the header says about pages: where something starts and how many pages it has.
class PageNumberCheck {
  public:
    explicit PageNumberCheck(std::uint32_t page_count) : page_count_{page_count} {}

    /// A run of pages. `optional`: 0 means that there is none.
    void run(std::uint32_t first, std::uint64_t pages, bool optional = true) {
        if (first == 0 && (optional || pages == 0)) return;
        good_ = good_ && first != 0 && first < page_count_ && pages <= page_count_ - first;
    }
    void elements(std::uint32_t first, std::uint64_t count, std::uint64_t per_page) {
        run(first, (count + per_page - 1) / per_page, count == 0);
    }
    void tree(const sp_tree& tree) {
        run(tree.root, 1, tree.depth == 0);
        good_ = good_ && tree.depth <= 32;
    }
    void automaton(const sp_automaton& automaton) {
        good_ = good_ && automaton.class_bits <= 8;
        if (!good_) return;
        const bool present = automaton.states != 0;
        run(automaton.class_page, 1, !present);
        elements(automaton.next, std::uint64_t{automaton.states} << automaton.class_bits,
                 SP_NEXT_PER_PAGE);
        elements(automaton.accept, automaton.states, SP_ACCEPT_PER_PAGE);
    }
    template <std::size_t Count>
    void table(const sp_u32 (&pages)[Count]) {
        for (const auto page : pages) run(page, 1, pages[0] == 0);
    }
    /// The root is the last node.
    void argument(const sp_argument& argument) {
        good_ = good_ && argument.index < argument_count;
        if ((argument.root & SP_DIAGRAM_ATOM) == 0)
            elements(argument.nodes, sp_u64{argument.root} + 1, SP_NODES_PER_PAGE);
    }
    void area(sp_area_id id, const sp_header& header) {
        const sp_area& area = header.area[id];
        good_ = good_ && area.box_count <= SP_BOXES_MAX && area.words == (area.box_count + 63) / 64;
        elements(area.boxes, area.box_count, SP_BOXES_PER_PAGE);
        for (std::uint32_t place = 0; place < SP_DIM_COUNT; ++place) {
            const auto dim = dim_at_place(id, place, header);
            const std::uint64_t atoms = dim ? header.atom_count[*dim] : 0;
            run(area.rowdir[place], (atoms + SP_U32_PER_PAGE - 1) / SP_U32_PER_PAGE);
        }
    }

    bool good() const { return good_; }

  private:
    std::uint32_t page_count_;
    bool good_ = true;
};

bool page_numbers_are_inside(const sp_header& header) {
    PageNumberCheck check{header.page_count};
    check.elements(header.rules, header.rule_count, SP_RULES_PER_PAGE);
    check.run(header.group_atoms, 1, header.group_sets == 0);
    for (const auto* tree :
         {&header.users, &header.groups, &header.v4, &header.v6, &header.accounts})
        check.tree(*tree);
    check.run(header.v4_states, 1);
    check.automaton(header.exe);
    check.automaton(header.cgroup);
    check.automaton(header.path);
    check.table(header.ports);
    check.table(header.syscalls);
    check.run(header.transports, 1);
    for (const auto& argument : arguments_with_places(header)) check.argument(argument);
    for (sp_u32 area = 0; area < SP_AREA_COUNT; ++area)
        check.area(static_cast<sp_area_id>(area), header);
    return check.good();
}

/// Where all page numbers are inside.
bool diagram_is_sound(const Image& image, const sp_argument& argument) {
    std::span<const sp_diagram_node> nodes;
    if ((argument.root & SP_DIAGRAM_ATOM) == 0) {
        const auto* first = image.bytes().data() + std::size_t{argument.nodes} * SP_PAGE_SIZE;
        nodes = {reinterpret_cast<const sp_diagram_node*>(first), std::size_t{argument.root} + 1};
    }
    return is_sound(nodes, argument.root, image.header().atom_count[argument_dim(argument.index)]);
}

bool diagrams_are_sound(const Image& image) {
    const auto arguments = arguments_with_places(image.header());
    return image.header().argument_count <= SP_ARGUMENTS_MAX &&
           std::all_of(arguments.begin(), arguments.end(),
                       [&](const auto& each) { return diagram_is_sound(image, each); });
}

Error malformed(std::string_view what) {
    return Error{fmt::format("not a synpol image: {}", what)};
}

} // namespace

std::string to_hex(const Sha256& hash) {
    std::string text;
    for (const auto byte : hash) text += fmt::format("{:02x}", byte);
    return text;
}

std::uint64_t tag_of(std::vector<std::uint8_t> bytes) {
    std::memset(bytes.data() + offsetof(sp_header, tag), 0, sizeof(sp_header::tag));
    return short_name(sha256(std::span<const std::uint8_t>{bytes}));
}

Result<Image> Image::from_bytes(std::vector<std::uint8_t> bytes) {
    if (bytes.size() < SP_PAGE_SIZE || bytes.size() % SP_PAGE_SIZE != 0)
        return malformed(fmt::format("{} bytes are no whole number of pages", bytes.size()));
    Image image;
    image.bytes_ = std::move(bytes);
    const sp_header& header = image.header();
    if (header.magic != SP_MAGIC) return malformed("the first bytes are wrong");
    if (header.abi_version != SP_ABI_VERSION)
        return malformed(fmt::format("it has version {}, this is version {}", header.abi_version,
                                     SP_ABI_VERSION));
    if (header.page_count != image.bytes_.size() / SP_PAGE_SIZE)
        return malformed(fmt::format("it should have {} pages and has {}", header.page_count,
                                     image.bytes_.size() / SP_PAGE_SIZE));
    if (header.tag != tag_of(image.bytes_))
        return malformed("its content does not agree with its tag");
    if (!page_numbers_are_inside(header)) return malformed("a page number points outside");
    if (!diagrams_are_sound(image)) return malformed("a look-up of an argument would not end");
    return image;
}

std::uint32_t Image::page_count() const {
    return static_cast<std::uint32_t>(bytes_.size() / SP_PAGE_SIZE);
}

// A vector's bytes come from operator new and so are aligned for the header.
const sp_header& Image::header() const {
    return *reinterpret_cast<const sp_header*>(bytes_.data());
}

Sha256 Image::hash() const {
    return sha256(std::span<const std::uint8_t>{bytes_});
}

} // namespace synpol
