// SPDX-License-Identifier: Apache-2.0
#include "compiler/rows.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace synpol {

namespace {

void set_bit(Bits& bits, std::size_t bit) {
    bits[bit / 64] |= std::uint64_t{1} << bit % 64;
}

std::string compress(const Bits& bits) {
    sp_row header{};
    std::vector<std::uint64_t> stored;
    for (std::size_t word = 0; word < bits.size(); ++word) {
        if (bits[word] == 0) continue;
        header.summary[word / 64] |= std::uint64_t{1} << word % 64;
        stored.push_back(bits[word]);
    }
    std::size_t before = 0;
    for (std::size_t i = 0; i < SP_SUMMARY_WORDS; ++i) {
        header.prefix[i] = static_cast<sp_u16>(before);
        before += static_cast<std::size_t>(std::popcount(header.summary[i]));
    }
    std::string bytes(SP_ROW_HEADER + stored.size() * sizeof(std::uint64_t), '\0');
    std::memcpy(bytes.data(), &header, SP_ROW_HEADER);
    if (!stored.empty())
        std::memcpy(bytes.data() + SP_ROW_HEADER, stored.data(), bytes.size() - SP_ROW_HEADER);
    return bytes;
}

/// By set of the dimension's pool: the boxes that have it.
std::unordered_map<SetIndex, std::vector<std::size_t>> boxes_by_set(const AreaBoxes& boxes,
                                                                    sp_dim dim) {
    std::unordered_map<SetIndex, std::vector<std::size_t>> by_set;
    for (std::size_t bit = 0; bit < boxes.size(); ++bit)
        by_set[boxes[bit]->sets[dim]].push_back(bit);
    return by_set;
}

} // namespace

std::uint32_t RowWriter::reference_of(const Bits& bits) {
    assert(bits.size() <= SP_BOXES_MAX / 64);
    if (std::all_of(bits.begin(), bits.end(), [](auto word) { return word == 0; })) return 0;
    const auto bytes = compress(bits);
    const auto [entry, fresh] = known_.try_emplace(bytes, 0);
    if (!fresh) return entry->second;
    if (used_ + bytes.size() > SP_PAGE_SIZE) {
        page_ = pages_.append(1);
        used_ = 0;
    }
    pages_.put_bytes(page_, used_, bytes);
    entry->second = SP_ROW_REF(page_, static_cast<std::uint32_t>(used_));
    used_ += bytes.size();
    return entry->second;
}

std::uint32_t write_rows(const AreaBoxes& boxes, sp_dim dim, const std::vector<Atom>& atoms,
                         RowWriter& rows, PageWriter& pages) {
    const auto by_set = boxes_by_set(boxes, dim);
    const auto unconstrained = by_set.find(0);
    if (unconstrained != by_set.end() && unconstrained->second.size() == boxes.size()) return 0;
    Bits everywhere((boxes.size() + 63) / 64);
    if (unconstrained != by_set.end())
        for (const auto bit : unconstrained->second) set_bit(everywhere, bit);
    Bits all(everywhere.size());
    for (std::size_t bit = 0; bit < boxes.size(); ++bit) set_bit(all, bit);

    std::vector<std::uint32_t> references = {
        0, rows.reference_of(all)}; // SP_ATOM_NONE, SP_ATOM_UNKNOWN
    for (const auto& atom : atoms) {
        Bits bits = everywhere;
        for (const auto set : atom.sets) {
            const auto found = by_set.find(set);
            if (found == by_set.end()) continue; // another area's
            for (const auto bit : found->second) set_bit(bits, bit);
        }
        references.push_back(rows.reference_of(bits));
    }
    return pages.append_array(references);
}

} // namespace synpol
