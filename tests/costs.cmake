# What takes long begins first, or it would run alone in the end. Seconds, roughly, of the tests that take
# ten or more on two cores; ctest itself knows them only where it has run before.
set(vifplug_test_costs
    lint/tidy 1000 # all the while, beside the others
    guest/apparmor 100
    guest/systemd 100
    guest/watch-stuck 60
    install/files 60
    guest/watch-find 50
    host/reconnect-move 50
    host/watch-rows 50
    guest/watch-replug 45
    guest/compare 40
    guest/compare-guests 40
    guest/plug-kernel 40
    host/compare 40
    host/faults 40
    host/hook 40
    host/report 40
    host/plug-macvtap 35
    guest/hotplug 30
    guest/relink 30
    guest/watch-ovs 25
    host/plug-stale 25
    host/reconnect 25
    libvirt/watch 25
    libvirt/watch-restart 25
    lint/shell 25
    guest/watch-move 20
    host/bad-input 20
    host/compare-ended 20
    host/compare-measure 20
    host/helper 20
    host/killed 20
    host/ovs-monitor 20
    host/plan-macvtap 20
    host/plug-macvtap-faults 20
    host/reconnect-killed 20
    libvirt/attach 20
    libvirt/hook 20
    libvirt/macvtap 20
    libvirt/migrate 20
    libvirt/network-hook 20
    libvirt/own-ovs 20
    libvirt/session 20
    unit/document 20
    docs/manual 15
    fuzz/adopt 15
    fuzz/document 15
    guest/watch-mac 15
    host/ovs-faults 15
    host/probe-command 15
    host/run 15
    unit/libvirt-agrees 15
    guest/watch-lower 10
    host/compare-ovs 10
    host/hairpin 10
    host/macvtap-open 10
    host/ovs-many 10
    unit/policy 10)

# vifplug_test_cost(NAME VARIABLE): what that test costs.
function(vifplug_test_cost name variable)
    set(cost 5)
    list(FIND vifplug_test_costs ${name} at)
    if(NOT at EQUAL -1)
        math(EXPR at "${at} + 1")
        list(GET vifplug_test_costs ${at} cost)
    endif()
    set(${variable} ${cost} PARENT_SCOPE)
endfunction()
