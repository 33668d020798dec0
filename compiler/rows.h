// SPDX-License-Identifier: Apache-2.0
// Rows: for each area, dimension and atom the boxes that contain the atom, as compressed bitsets
// (sp_row in bpf/abi.h). Equal rows are stored once, and no row crosses a page.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/atoms.h"
#include "compiler/page_writer.h"

namespace synpol {

/// An uncompressed row.
using Bits = std::vector<std::uint64_t>;

class RowWriter {
  public:
    explicit RowWriter(PageWriter& pages) : pages_{pages} {}

    /// Reference of the row; 0 for the empty one.
    std::uint32_t reference_of(const Bits& bits);

  private:
    PageWriter& pages_;
    std::unordered_map<std::string, std::uint32_t> known_; ///< by bytes
    std::uint32_t page_ = 0;
    std::size_t used_ = SP_PAGE_SIZE; ///< no page is open
};

/// The boxes of one area in the order of their bits.
using AreaBoxes = std::vector<const Box*>;

/// Writes the rows of one dimension and the references to them by atom; the first page of these, or
/// 0 when no box of the area constrains the dimension.
std::uint32_t write_rows(const AreaBoxes& boxes, sp_dim dim, const std::vector<Atom>& atoms,
                         RowWriter& rows, PageWriter& pages);

} // namespace synpol
