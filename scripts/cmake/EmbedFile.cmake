# synpol_embed(TARGET file.tsv symbol): makes `extern const std::string_view symbol` (namespace
# synpol::data) hold the file's bytes, so that the binary needs no data files at run time.
# Split in pieces of 8 KiB because string literals have a length limit (MSVC) and -Wpedantic warns.
function(synpol_embed target file symbol)
    get_filename_component(path "${file}" ABSOLUTE)
    # Not ${symbol}.cpp: a source of that name would share its object file.
    set(output "${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol}.cpp")
    add_custom_command(
        OUTPUT "${output}"
        COMMAND "${CMAKE_COMMAND}" -DINPUT=${path} -DOUTPUT=${output} -DSYMBOL=${symbol}
                -P "${CMAKE_SOURCE_DIR}/scripts/cmake/embed.cmake"
        DEPENDS "${path}" "${CMAKE_SOURCE_DIR}/scripts/cmake/embed.cmake"
        VERBATIM)
    target_sources(${target} PRIVATE "${output}")
endfunction()
