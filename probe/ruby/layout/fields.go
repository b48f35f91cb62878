package layout

import (
	"maps"
	"slices"
	"strings"
)

// fields names every field as the tables do.
func (l *Layout) fields() map[string]*int {
	return map[string]*int{
		"vm.gvl_owner": &l.VM.GVLOwner, "vm.gvl_waitq": &l.VM.GVLWaitQ, "vm.main_thread": &l.VM.MainThread,
		"vm.living_threads": &l.VM.LivingThreads, "vm.ractor_set": &l.VM.RactorSet, "vm.main_ractor": &l.VM.MainRactor,
		"vm.objspace": &l.VM.Objspace, "objspace.flags": &l.Objspace.Flags,

		"ractor.threads": &l.Ractor.Threads, "ractor.owner": &l.Ractor.Owner, "ractor.queue": &l.Ractor.Queue,
		"ractor.is_running": &l.Ractor.IsRunning, "ractor.running_ec": &l.Ractor.RunningEC,
		"ractor.main_thread": &l.Ractor.MainThread, "ractor.node": &l.Ractor.Node,

		"thread.node": &l.Thread.Node, "thread.ractor": &l.Thread.Ractor, "thread.vm": &l.Thread.VM,
		"thread.native": &l.Thread.Native, "thread.ec": &l.Thread.EC, "thread.pthread": &l.Thread.PThread,
		"thread.tid": &l.Thread.TID, "thread.status": &l.Thread.Status, "thread.queue_node": &l.Thread.QueueNode,
		"thread.blocking_region": &l.Thread.BlockingRegion, "thread.locking_mutex": &l.Thread.LockingMutex,
		"thread.name": &l.Thread.Name, "native.thread_id": &l.Native.ThreadID, "native.tid": &l.Native.TID,
		"pthread.tid": &l.PThread.TID,

		"ec.vm_stack": &l.EC.VMStack, "ec.vm_stack_size": &l.EC.VMStackSize, "ec.cfp": &l.EC.CFP,
		"ec.fiber": &l.EC.Fiber, "ec.thread": &l.EC.Thread,
		"frame.size": &l.Frame.Size, "frame.pc": &l.Frame.PC, "frame.sp": &l.Frame.SP, "frame.iseq": &l.Frame.ISeq,
		"frame.self": &l.Frame.Self, "frame.ep": &l.Frame.EP,

		"iseq.body": &l.ISeq.Body, "body.type": &l.Body.Type, "body.size": &l.Body.Size, "body.encoded": &l.Body.Encoded,
		"body.path": &l.Body.Path, "body.base_label": &l.Body.BaseLabel, "body.label": &l.Body.Label,
		"body.first_line": &l.Body.FirstLine, "body.first_line_is_int": &l.Body.FirstLineIsInt,
		"body.lines": &l.Body.Lines, "body.lines_size": &l.Body.LinesSize, "body.line_index": &l.Body.LineIndex,
		"line.size": &l.Line.Size, "line.number": &l.Line.Number,

		"string.length": &l.String.Length, "string.pointer": &l.String.Pointer,
		"string.embedded_length": &l.String.EmbeddedLength, "string.embedded": &l.String.Embedded,
		"array.length": &l.Array.Length, "array.pointer": &l.Array.Pointer, "array.embedded": &l.Array.Embedded,

		"method.defined_class": &l.Method.DefinedClass, "method.definition": &l.Method.Definition,
		"method.called_id": &l.Method.CalledID, "method.owner": &l.Method.Owner,
		"definition.original_id": &l.Definition.OriginalID,
		"class.path":             &l.Class.Path, "class.attached": &l.Class.Attached, "class.singleton_bit": &l.Class.SingletonBit,
		"symbols.ids": &l.Symbols.IDs, "symbols.last_operator": &l.Symbols.LastOperator,
	}
}

// missing names the fields that this version must have and that no row set.
func (l *Layout) missing(set map[string]bool) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(l.fields())) {
		if !set[key] && !l.optional(key) {
			out = append(out, key)
		}
	}
	return out
}

func (l *Layout) optional(key string) bool {
	ractors := !l.Ruby.Before(3, 0)
	group, _, _ := strings.Cut(key, ".")
	switch {
	case key == "ractor.is_running":
		return l.Ruby.Before(3, 3)
	case group == "ractor", key == "vm.ractor_set", key == "vm.main_ractor", key == "thread.ractor":
		return !ractors
	case strings.HasPrefix(key, "vm.gvl"), key == "vm.living_threads":
		return ractors
	case group == "native", key == "thread.native":
		return l.Ruby.Before(3, 2)
	case key == "thread.pthread":
		return !l.Ruby.Before(3, 2)
	case key == "thread.tid":
		return l.Ruby.Before(3, 1) || !l.Ruby.Before(3, 2)
	case group == "pthread":
		return !l.Ruby.Before(3, 1)
	case group == "class":
		return l.Ruby.Before(3, 3)
	}
	return false
}
