// SPDX-License-Identifier: Apache-2.0
#include "compiler/image_builder.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "compiler/attempt.h"
#include "compiler/diagram.h"
#include "compiler/digest.h"
#include "compiler/dims.h"
#include "compiler/kernel_gaps.h"
#include "compiler/lints/over_capacity.h"
#include "compiler/tree.h"
#include "compiler/v4_states.h"

namespace synpol {

namespace {

constexpr std::array<sp_dim, 3> u16_dims = {SP_DIM_SYSCALL, SP_DIM_TRANSPORT, SP_DIM_PORT};
constexpr std::size_t u16_atoms_max = 65536;

std::uint64_t saturate(u128 value) {
    return value > SP_LIMIT_NS_MAX ? SP_LIMIT_NS_MAX : static_cast<std::uint64_t>(value);
}

/// A rule's name, and for limits what gives a bucket its meaning: a changed rate starts afresh.
std::uint64_t identity_of(const Rule& rule) {
    auto text = rule.name;
    if (rule.limit)
        text += fmt::format("\nlimit {}/{} burst {} per {}/{}", rule.limit->tokens,
                            rule.limit->period_ns, rule.limit->burst, rule.limit->key.prefix_v4,
                            rule.limit->key.prefix_v6);
    return short_name(sha256(text));
}

sp_rule encode(const Rule& rule) {
    sp_rule encoded{};
    encoded.identity = identity_of(rule);
    encoded.flags = rule.quiet ? SP_RULE_QUIET : 0;
    if (!rule.limit) return encoded;
    const auto& limit = *rule.limit;
    const std::uint64_t tokens = std::max(limit.tokens, 1u);
    const std::uint64_t burst = std::max(limit.burst, 1u);
    encoded.interval_ns = saturate((u128{limit.period_ns} + tokens - 1) / tokens);
    encoded.tolerance_ns = saturate(u128{burst - 1} * encoded.interval_ns);
    if (rule.audit) encoded.flags |= SP_RULE_LIMIT_AUDIT;
    encoded.source_prefix_v4 = limit.key.prefix_v4;
    encoded.source_prefix_v6 = limit.key.prefix_v6;
    return encoded;
}

sp_box encode(const Box& box, const Rule& rule) {
    sp_box encoded{};
    encoded.rule = box.rule;
    encoded.verdict = static_cast<sp_u8>(outcome_of(rule));
    encoded.error = static_cast<sp_u8>(errno_of(rule));
    return encoded;
}

/// The atom of each value below `count`.
std::vector<sp_u16> spread(const Partition<std::uint16_t>& partition, std::size_t count) {
    std::vector<sp_u16> values(count);
    for (std::size_t i = 0; i < partition.starts.size(); ++i) {
        const auto end = i + 1 < partition.starts.size() ? partition.starts[i + 1] : count;
        std::fill(values.begin() + partition.starts[i],
                  values.begin() + static_cast<std::ptrdiff_t>(end),
                  static_cast<sp_u16>(partition.atoms[i]));
    }
    return values;
}

/// One page for each 2,048 values, equal ones shared; nothing when all values have one atom.
template <std::size_t Count>
void write_table(const Partition<std::uint16_t>& partition, std::size_t values, PageWriter& pages,
                 sp_u32 (&table)[Count], sp_u32& single) {
    if (partition.starts.size() == 1) {
        single = partition.atoms.front();
        return;
    }
    const auto spread_out = spread(partition, values);
    for (std::size_t i = 0; i < Count; ++i) {
        const auto first = i * SP_U16_PER_PAGE;
        const auto count = std::min<std::size_t>(SP_U16_PER_PAGE, spread_out.size() - first);
        std::string content(SP_PAGE_SIZE, '\0');
        std::memcpy(content.data(), spread_out.data() + first, count * sizeof(sp_u16));
        table[i] = pages.shared(content);
    }
}

} // namespace

void ImageBuilder::report_too_many_atoms(sp_dim dim) {
    const auto constrains = [&](const Box& box) { return box.sets[dim] != 0; };
    // There is one, or all values were one atom.
    const auto box = std::find_if(boxes_.boxes.rbegin(), boxes_.boxes.rend(), constrains);
    synpol::report_too_many_values(boxes_.model.rules[box->rule], name_of(dim),
                                   u16_atoms_max - SP_ATOM_FIRST, diagnostics_);
}

namespace {

/// What the sets of a box that lists can make long take in the image, about.
std::size_t length_of(const BoxSet& boxes, const Box& box) {
    return boxes.users[box.sets[SP_DIM_USER]].intervals().size() +
           boxes.addresses[box.sets[SP_DIM_SOURCE]].intervals().size() +
           boxes.addresses[box.sets[SP_DIM_TARGET]].intervals().size() +
           boxes.ports[box.sets[SP_DIM_PORT]].intervals().size();
}

} // namespace

void ImageBuilder::report_too_many_pages() {
    const auto longest =
        std::max_element(boxes_.boxes.begin(), boxes_.boxes.end(), [&](const Box& a, const Box& b) {
            return length_of(boxes_, a) < length_of(boxes_, b);
        });
    synpol::report_too_many_pages(boxes_.model.rules[longest->rule], {pages_.page_count(), most_},
                                  diagnostics_);
}

bool ImageBuilder::asks(const Box& box, std::size_t argument) const {
    return box.area == SP_AREA_SYSCALL && box.sets[argument_dim(argument)] != 0 &&
           in_image(boxes_, box);
}

/// Ascending: those that some box of the image constrains.
std::vector<std::size_t> ImageBuilder::asked_arguments() const {
    std::vector<std::size_t> asked;
    for (std::size_t argument = 0; argument < argument_count; ++argument)
        if (std::any_of(boxes_.boxes.begin(), boxes_.boxes.end(),
                        [&](const Box& box) { return asks(box, argument); }))
            asked.push_back(argument);
    return asked;
}

void ImageBuilder::report_too_many_arguments(const std::vector<std::size_t>& asked) {
    const auto over = asked[SP_ARGUMENTS_MAX];
    const auto box = std::find_if(boxes_.boxes.begin(), boxes_.boxes.end(),
                                  [&](const Box& each) { return asks(each, over); });
    synpol::report_too_many_arguments(boxes_.model.rules[box->rule],
                                      {asked.size(), SP_ARGUMENTS_MAX, over}, diagnostics_);
}

bool ImageBuilder::arguments_fit() {
    const auto asked = asked_arguments();
    if (asked.size() <= SP_ARGUMENTS_MAX) return true;
    report_too_many_arguments(asked);
    return false;
}

bool ImageBuilder::tables_fit() {
    for (const auto dim : u16_dims) {
        if (atoms_.atoms[dim].size() + SP_ATOM_FIRST <= u16_atoms_max) continue;
        report_too_many_atoms(dim);
        return false;
    }
    return true;
}

bool ImageBuilder::boxes_fit() {
    std::array<std::size_t, SP_AREA_COUNT> count{};
    for (const auto& box : boxes_.boxes) // lower() has told the place
        if (in_kernel(box.area)) ++count[box.area];
    return *std::max_element(count.begin(), count.end()) <= SP_BOXES_MAX;
}

bool ImageBuilder::fits() {
    return tables_fit() && boxes_fit() && arguments_fit();
}

void ImageBuilder::write_rules() {
    std::vector<sp_rule> rules;
    for (const auto& rule : boxes_.model.rules) rules.push_back(encode(rule));
    header_.rule_count = static_cast<sp_u32>(rules.size());
    if (!rules.empty()) header_.rules = pages_.append_array(rules);
}

void ImageBuilder::write_trees() {
    header_.users = write_tree(atoms_.users, pages_);
    const auto v4 = v4_part(atoms_.addresses);
    const auto before = pages_.page_count();
    header_.v4 = write_tree(v4, pages_);
    const auto states = write_v4_states(v4, pages_.page_count() - before, pages_);
    header_.v4_states = states.page;
    std::copy(states.common.begin(), states.common.end(), header_.v4_common);
    header_.v6 = write_tree(v6_part(atoms_.addresses), pages_);
    header_.accounts = write_tree(atoms_.accounts, pages_);
}

void ImageBuilder::write_groups() {
    header_.group_sets = static_cast<sp_u32>(boxes_.group_sets.size());
    if (header_.group_sets == 0) return;
    header_.groups = write_tree(atoms_.group_masks, pages_);
    header_.group_atoms = pages_.append_array(atoms_.group_atom_of_mask);
}

sp_automaton ImageBuilder::write_automaton(const Automaton& automaton) {
    sp_automaton written{};
    written.dead_atom = automaton.accept.front() + SP_ATOM_FIRST;
    if (automaton.members.size() == 1) {
        written.single = written.dead_atom;
        return written;
    }
    written.states = static_cast<sp_u32>(automaton.accept.size());
    written.class_bits = static_cast<sp_u32>(std::bit_width(automaton.class_count - 1));
    const std::size_t row = std::size_t{1} << written.class_bits;
    std::vector<sp_u16> next(automaton.accept.size() * row);
    for (std::size_t state = 0; state < automaton.accept.size(); ++state)
        std::copy_n(automaton.next.begin() +
                        static_cast<std::ptrdiff_t>(state * automaton.class_count),
                    automaton.class_count, next.begin() + static_cast<std::ptrdiff_t>(state * row));
    std::vector<sp_u32> accept;
    for (const auto value : automaton.accept) accept.push_back(value + SP_ATOM_FIRST);
    written.class_page = pages_.append_array(
        std::vector<sp_u16>(automaton.byte_class.begin(), automaton.byte_class.end()));
    written.next = pages_.append_array(next);
    written.accept = pages_.append_array(accept);
    return written;
}

void ImageBuilder::write_automata() {
    header_.exe = write_automaton(atoms_.exe);
    header_.cgroup = write_automaton(atoms_.cgroup);
    header_.path = write_automaton(atoms_.path);
    header_.memfd_atom = atoms_.path.run(memfd_path, path_direction) + SP_ATOM_FIRST;
}

void ImageBuilder::write_tables() {
    write_table(atoms_.ports, 65536, pages_, header_.ports, header_.port_single);
    write_table(atoms_.syscalls, SP_SYSCALL_KEYS, pages_, header_.syscalls, header_.syscall_single);
    sp_u32 transports[1] = {};
    write_table(atoms_.transports, SP_TRANSPORT_KEYS, pages_, transports, header_.transport_single);
    header_.transports = transports[0];
    const auto members = spread(atoms_.members, write_member_count);
    std::copy(members.begin(), members.end(), header_.members);
}

void ImageBuilder::write_arguments() {
    for (const auto argument : asked_arguments()) {
        const auto diagram = make_diagram(atoms_.arguments[argument]);
        sp_argument& written = header_.arguments[header_.argument_count++];
        written.index = static_cast<sp_u32>(argument);
        written.root = diagram.root;
        if (!diagram.nodes.empty()) written.nodes = pages_.append_array(diagram.nodes);
    }
}

void ImageBuilder::write_boxes(const AreaBoxes& boxes, sp_area& area) {
    std::vector<sp_box> encoded;
    for (const auto* box : boxes) encoded.push_back(encode(*box, boxes_.model.rules[box->rule]));
    area.box_count = static_cast<sp_u32>(boxes.size());
    area.words = (area.box_count + 63) / 64;
    area.strongest = encoded.front().verdict;
    area.boxes = pages_.append_array(encoded);
}

void ImageBuilder::write_area(sp_area_id id, RowWriter& rows) {
    AreaBoxes boxes;
    for (const auto& box : boxes_.boxes)
        if (box.area == id && in_image(boxes_, box)) boxes.push_back(&box);
    if (boxes.empty()) return;
    header_.areas |= 1u << id;
    sp_area& area = header_.area[id];
    write_boxes(boxes, area);
    for (unsigned place = 0; place < SP_DIM_COUNT; ++place) {
        const auto dim = dim_at_place(id, place, header_);
        if (!dim) continue;
        area.rowdir[place] = write_rows(boxes, *dim, atoms_.atoms[*dim], rows, pages_);
        if (place < SP_SUBJECT_DIMS && area.rowdir[place] != 0) header_.subject_dims |= 1u << place;
    }
}

Image ImageBuilder::finish() {
    header_.magic = SP_MAGIC;
    header_.abi_version = SP_ABI_VERSION;
    header_.page_count = pages_.page_count();
    for (std::size_t dim = 0; dim < dim_count; ++dim)
        header_.atom_count[dim] = static_cast<sp_u32>(atoms_.atoms[dim].size() + SP_ATOM_FIRST);
    pages_.put(0, 0, header_);
    Image image;
    image.bytes_ = pages_.take();
    const auto tag = tag_of(image.bytes_);
    std::memcpy(image.bytes_.data() + offsetof(sp_header, tag), &tag, sizeof tag);
    return image;
}

Image ImageBuilder::build() {
    if (fits() && !diagnostics_.has_errors()) {
        write_rules();
        write_trees();
        write_groups();
        write_automata();
        write_tables();
        write_arguments(); // before the areas: they ask which arguments have places
        RowWriter rows{pages_};
        for (unsigned area = 0; area < SP_AREA_COUNT; ++area)
            write_area(static_cast<sp_area_id>(area), rows);
    }
    if (pages_.page_count() > most_) report_too_many_pages();
    return finish();
}

Image build_image(const BoxSet& boxes, const Atoms& atoms, Diagnostics& diagnostics) {
    return ImageBuilder{boxes, atoms, diagnostics}.build();
}

} // namespace synpol
