// SPDX-License-Identifier: Apache-2.0
// ImageBuilder: boxes and atoms to pages, always in the same order.
#pragma once

#include "compiler/image.h"
#include "compiler/page_writer.h"
#include "compiler/rows.h"

namespace synpol {

/// References have 23 bits for the page.
constexpr std::size_t image_pages_max = (1u << 23) - 1;

class ImageBuilder {
  public:
    /// `most`: pages; fewer in tests, because that many take 32 GiB.
    ImageBuilder(const BoxSet& boxes, const Atoms& atoms, Diagnostics& diagnostics,
                 std::size_t most = image_pages_max)
        : boxes_{boxes}, atoms_{atoms}, diagnostics_{diagnostics}, most_{most} {}

    Image build();

  private:
    bool fits();
    bool tables_fit();
    bool boxes_fit();
    bool arguments_fit();
    bool asks(const Box& box, std::size_t argument) const;
    std::vector<std::size_t> asked_arguments() const;
    void report_too_many_atoms(sp_dim dim);
    void report_too_many_pages();
    void report_too_many_arguments(const std::vector<std::size_t>& asked);
    void write_rules();
    void write_trees();
    void write_groups();
    void write_automata();
    void write_tables();
    void write_arguments();
    void write_area(sp_area_id area, RowWriter& rows);
    void write_boxes(const AreaBoxes& boxes, sp_area& area);
    sp_automaton write_automaton(const Automaton& automaton);
    Image finish();

    const BoxSet& boxes_;
    const Atoms& atoms_;
    Diagnostics& diagnostics_;
    std::size_t most_;
    PageWriter pages_;
    sp_header header_{};
};

} // namespace synpol
