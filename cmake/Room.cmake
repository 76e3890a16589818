# vifplug_room(NAME SOURCES... [USES rooms and libraries...] [HIDES libraries...])
#
# A room of the house: a static library whose headers are included as "NAME/header.h" by those, and
# only those, that link to it. The include path is a folder that holds nothing but a link to the
# room, so an include across a wall does not compile. USES is passed on to the room's own users,
# HIDES (third-party libraries that no header of ours may mention) is not.
function(vifplug_room name)
    cmake_parse_arguments(room "" "" "USES;HIDES" ${ARGN})
    set(door ${CMAKE_BINARY_DIR}/rooms/${name})
    file(MAKE_DIRECTORY ${door})
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${door}/${name} SYMBOLIC)
    add_library(${name} STATIC ${room_UNPARSED_ARGUMENTS})
    target_include_directories(${name} PUBLIC ${door})
    target_link_libraries(${name} PUBLIC ${room_USES} PRIVATE vifplug_options ${room_HIDES})
endfunction()
