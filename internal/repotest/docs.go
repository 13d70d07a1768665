// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package repotest

import (
	"go/ast"
	"go/token"
	"strings"
)

// documenter collects what lacks a comment in one package.
type documenter struct {
	pkg      *parsed
	visible  map[string]bool
	findings []Finding
}

// CheckDocs finds exported names of public packages without a doc comment: packages, types, functions,
// methods, struct fields, interface methods, constants and variables. In a group each name needs its
// own comment, before it or on its line. An embedded field needs none: its type has one.
func CheckDocs(root string) ([]Finding, error) {
	packages, findings, err := publicPackages(root)
	if err != nil {
		return nil, err
	}
	for _, pkg := range packages {
		d := &documenter{pkg: pkg, visible: visibleTypes(pkg)}
		d.check()
		findings = append(findings, d.findings...)
	}
	return sorted(findings), nil
}

func (d *documenter) check() {
	documented := false
	for _, file := range d.pkg.files {
		documented = documented || text(file.Doc)
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				d.function(decl)
			case *ast.GenDecl:
				d.declaration(decl)
			}
		}
	}
	if !documented {
		d.findings = append(d.findings, Finding{d.pkg.dir, "package " + d.pkg.name + " has no package comment"})
	}
}

// text tells whether a comment says something: directives such as //go:build do not.
func text(comment *ast.CommentGroup) bool {
	return comment != nil && strings.TrimSpace(comment.Text()) != ""
}

func (d *documenter) missing(name *ast.Ident, what string) {
	d.findings = append(d.findings, Finding{d.pkg.where(name.Pos()), what + " has no doc comment"})
}

func (d *documenter) function(decl *ast.FuncDecl) {
	if !decl.Name.IsExported() || text(decl.Doc) {
		return
	}
	if decl.Recv == nil {
		d.missing(decl.Name, "func "+decl.Name.Name)
		return
	}
	if receiver := baseName(decl.Recv.List[0].Type); d.visible[receiver] {
		d.missing(decl.Name, "method "+receiver+"."+decl.Name.Name)
	}
}

func (d *documenter) declaration(decl *ast.GenDecl) {
	// The comment of a declaration is that of its name unless it has parentheses.
	alone := !decl.Lparen.IsValid() && text(decl.Doc)
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if !d.visible[spec.Name.Name] {
				continue
			}
			if spec.Name.IsExported() && !alone && !text(spec.Doc) && !text(spec.Comment) {
				d.missing(spec.Name, "type "+spec.Name.Name)
			}
			d.members(spec.Name.Name, spec.Type)
		case *ast.ValueSpec:
			if !alone && !text(spec.Doc) && !text(spec.Comment) {
				d.values(decl.Tok, spec.Names)
			}
		}
	}
}

func (d *documenter) values(keyword token.Token, names []*ast.Ident) {
	for _, name := range names {
		if name.IsExported() {
			d.missing(name, keyword.String()+" "+name.Name)
		}
	}
}

// members checks the fields of a struct, also of structs within it, and the methods of an interface.
func (d *documenter) members(owner string, definition ast.Expr) {
	ast.Inspect(definition, func(node ast.Node) bool {
		var fields *ast.FieldList
		switch node := node.(type) {
		case *ast.StructType:
			fields = node.Fields
		case *ast.InterfaceType:
			fields = node.Methods
		case *ast.FuncType:
			return false // parameters have no comments
		default:
			return true
		}
		for _, field := range fields.List {
			if text(field.Doc) || text(field.Comment) {
				continue
			}
			for _, name := range field.Names {
				if name.IsExported() {
					d.missing(name, owner+"."+name.Name)
				}
			}
		}
		return true
	})
}
