# What is installed besides the program and the library, which their folders see to: manual pages,
# completion, and what to read. Links between the files in the documentation folder work there too.
install(FILES docs/vifplug.8 docs/vifplug-bridge-helper.8 docs/vifplug-libvirt-hook.8
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES docs/vifplug-bridge.conf.5 docs/vifplug-xml.5
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES docs/vifplug-compare.7 DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)
install(FILES completion/vifplug.bash
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME vifplug)
install(FILES completion/_vifplug DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES README.md CONTRIBUTING.md NEWS.md SECURITY.md LICENSE
    DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES docs/architecture.md docs/comparison.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR})
# Without libsystemd the watcher does not tell when it is ready.
set(VIFPLUG_WATCH_TYPE exec)
if(SYSTEMD_FOUND)
    set(VIFPLUG_WATCH_TYPE notify)
endif()
file(READ data/confined.in VIFPLUG_CONFINED)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS data/confined.in)
foreach(service vifplug-gc vifplug-watch)
    configure_file(data/${service}.service.in data/${service}.service @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/data/${service}.service DESTINATION lib/systemd/system)
endforeach()
foreach(program vifplug-bridge-helper vifplug-libvirt-hook)
    configure_file(data/apparmor/${program}.in data/apparmor/${program} @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/data/apparmor/${program}
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/apparmor)
endforeach()
