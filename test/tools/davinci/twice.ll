; What twice.mlir calls: one instruction each, on descriptors of MLIR's
; (allocated, aligned, offset, size, stride).
%row = type { ptr, ptr, i64, [1 x i64], [1 x i64] }

define i64 @address(ptr %row) {
  %at = getelementptr %row, ptr %row, i64 0, i32 1
  %start = load i64, ptr %at
  %offset_at = getelementptr %row, ptr %row, i64 0, i32 2
  %offset = load i64, ptr %offset_at
  %bytes = mul i64 %offset, 4
  %address = add i64 %start, %bytes
  ret i64 %address
}

define i64 @size(ptr %row) {
  %at = getelementptr %row, ptr %row, i64 0, i32 3
  %size = load i64, ptr %at
  ret i64 %size
}

; One burst of a row's bytes.
define i64 @burst(ptr %row) {
  %size = call i64 @size(ptr %row)
  %length = shl i64 %size, 18
  %word = or i64 %length, 16
  ret i64 %word
}

define void @_mlir_ciface_load_row(ptr %from, ptr %to) {
  %source = call i64 @address(ptr %from)
  %target = call i64 @address(ptr %to)
  %word = call i64 @burst(ptr %from)
  %gm = inttoptr i64 %source to ptr addrspace(1)
  %ub = inttoptr i64 %target to ptr addrspace(6)
  call void @llvm.hivm.MOV.OUT.TO.UB.ALIGN.b32.V220(ptr addrspace(6) %ub, ptr addrspace(1) %gm, i64 %word, i64 0)
  ret void
}

define void @_mlir_ciface_add_row(ptr %from, ptr %to) {
  %source = call i64 @address(ptr %from)
  %target = call i64 @address(ptr %to)
  %in = inttoptr i64 %source to ptr addrspace(6)
  %out = inttoptr i64 %target to ptr addrspace(6)
  ; Neighbouring blocks and repeats, one repeat: 0x0100080808010101.
  call void @llvm.hivm.VADD.f32(ptr addrspace(6) %out, ptr addrspace(6) %in, ptr addrspace(6) %in, i64 72066424624972033)
  ret void
}

define void @_mlir_ciface_store_row(ptr %from, ptr %to) {
  %source = call i64 @address(ptr %from)
  %target = call i64 @address(ptr %to)
  %word = call i64 @burst(ptr %to)
  %ub = inttoptr i64 %source to ptr addrspace(6)
  %gm = inttoptr i64 %target to ptr addrspace(1)
  call void @llvm.hivm.MOV.UB.TO.OUT.ALIGN.b32.V220(ptr addrspace(1) %gm, ptr addrspace(6) %ub, i64 %word, i64 0)
  ret void
}

declare void @llvm.hivm.MOV.OUT.TO.UB.ALIGN.b32.V220(ptr addrspace(6), ptr addrspace(1), i64, i64)
declare void @llvm.hivm.VADD.f32(ptr addrspace(6), ptr addrspace(6), ptr addrspace(6), i64)
declare void @llvm.hivm.MOV.UB.TO.OUT.ALIGN.b32.V220(ptr addrspace(1), ptr addrspace(6), i64, i64)
